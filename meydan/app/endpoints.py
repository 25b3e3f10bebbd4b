"""The system's endpoints: health for load balancers, numbers for Prometheus and the panel, live settings."""

from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator

from meydan import __version__
from meydan.accounts.asking import CurrentActor, OptionalActor
from meydan.app.schemas import Abilities, ComponentHealth, HealthReport, Overview, Samples, Section, SectionList
from meydan.app.system import SystemService
from meydan.platform.bodies import whole_text
from meydan.platform.metrics import CONTENT_TYPE
from meydan.platform.problems import problems
from meydan.platform.sampler import ROWS

_PROBLEMS = problems(401, 403, 422)

router = APIRouter(tags=["sistem"])


async def system(request: Request) -> SystemService:
    """Find the service that the composition root made."""
    service: SystemService = request.app.state.system
    return service


Changes = Annotated[dict[str, Any], AfterValidator(whole_text)]
System = Annotated[SystemService, Depends(system)]


@router.get("/saglik", operation_id="get_health", summary="Whether this node lives and takes requests")
async def health(system: System, response: Response) -> HealthReport:
    """Answer 503 while a needed part does not answer or the node drains."""
    report = await system.health()
    if not report.ready:
        response.status_code = 503
    response.headers["Cache-Control"] = "no-store"
    return HealthReport(
        durum="saglikli" if report.ready else "hazir_degil",
        canli=True,
        hazir=report.ready,
        servis="meydan",
        surum=__version__,
        bilesenler={
            name: ComponentHealth(durum="saglikli" if part.well else "kesinti", gecikme_ms=part.milliseconds)
            for name, part in report.components.items()
        },
    )


@router.get("/saglik/canli", operation_id="get_liveness", summary="Whether the process answers at all")
async def liveness(response: Response) -> dict[str, bool]:
    """Ask no other part: a restart helps only when this does not answer."""
    response.headers["Cache-Control"] = "no-store"
    return {"canli": True}


@router.get("/yetenekler", operation_id="get_abilities", summary="What this service can do")
async def abilities(system: System) -> Abilities:
    """List the abilities and what is open to strangers now."""
    return Abilities(**system.abilities(), surum=__version__)


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Numbers in Prometheus' text format",
    response_class=Response,
    responses=_PROBLEMS,
)
async def metrics(request: Request, system: System, actor: OptionalActor) -> Response:
    """Answer anyone on this machine, others with `system:read`."""
    return Response(system.exposition(actor, local=_is_local(request)), media_type=CONTENT_TYPE)


@router.get(
    "/api/v1/system/overview",
    operation_id="get_system_overview",
    summary="This node's numbers",
    responses=_PROBLEMS,
)
async def overview(system: System, actor: CurrentActor) -> Overview:
    """Need `system:read`."""
    return Overview(**await system.overview(actor))


@router.get(
    "/api/v1/system/samples",
    operation_id="list_system_samples",
    summary="This node's last minutes",
    responses=_PROBLEMS,
)
async def samples(system: System, actor: CurrentActor, seconds: Annotated[int, Query(ge=1, le=ROWS)] = ROWS) -> Samples:
    """Need `system:read`. One row a second, oldest first; the first column is the Unix time."""
    interval, columns, rows = system.samples(actor, seconds=seconds)
    return Samples(interval=interval, columns=columns, rows=rows)


@router.get("/api/v1/settings", operation_id="list_settings", summary="Every live setting", responses=_PROBLEMS)
async def list_settings(system: System, actor: CurrentActor) -> SectionList:
    """Need `system:read`."""
    return SectionList(sections=[Section(**section) for section in system.settings(actor)])


@router.patch(
    "/api/v1/settings/{section}",
    operation_id="update_settings",
    summary="Change live settings",
    responses=_PROBLEMS | problems(404),
)
async def update_settings(section: str, changes: Changes, system: System, actor: CurrentActor) -> Section:
    """Need `system:manage`. Every node uses the new values at once."""
    return Section(**await system.change_settings(actor, section, changes))


def _is_local(request: Request) -> bool:
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    if forwarded or request.client is None:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
