import re

import pytest

from meydan.platform.texts import LANGUAGES, catalogue
from tests.docs.reference import DOCS, ENV_EXAMPLE, env_example, error_codes, tables, written


@pytest.mark.parametrize(("page", "name"), list(tables()))
def test_tables_are_of_this_code(page: str, name: str) -> None:
    current = (DOCS / page).read_text(encoding="utf-8")
    assert written(page, name, tables()[page, name]) == current, "run: make docs"


def test_the_example_of_the_environment_names_every_variable() -> None:
    assert ENV_EXAMPLE.read_text(encoding="utf-8") == env_example(), "run: make docs"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_its_texts(language: str) -> None:
    texts = catalogue("en" if language == "en" else "tr")["error"]
    assert error_codes().keys() <= texts.keys()


def test_links_between_pages_lead_somewhere() -> None:
    root = DOCS.parent
    for page in (*DOCS.rglob("*.md"), root / "README.md", root / "README.tr.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_decision_is_linked_from_the_page_of_the_architecture() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert [path.name for path in sorted((DOCS / "adr").glob("*.md")) if f"(adr/{path.name})" not in page] == []
