import pytest

from meydan.platform.metrics import Histogram, Metrics, RecentQuantile, process_cpu_seconds, process_memory_bytes


def test_a_counter_is_read_at_the_scrape() -> None:
    metrics = Metrics()
    value = [3]
    metrics.count("meydan_messages", "Messages stored.", lambda: value[0])
    assert b"meydan_messages_total 3.0" in metrics.render()
    value[0] = 5
    assert b"meydan_messages_total 5.0" in metrics.render()


def test_gauges_may_share_a_name_with_other_labels() -> None:
    metrics = Metrics()
    metrics.gauge("meydan_buffers", "Bytes.", lambda: 1, kind="in")
    metrics.gauge("meydan_buffers", "Bytes.", lambda: 2, kind="out")
    text = metrics.render().decode()
    assert 'meydan_buffers{kind="in"} 1.0' in text
    assert 'meydan_buffers{kind="out"} 2.0' in text
    assert text.count("# TYPE meydan_buffers gauge") == 1


@pytest.mark.parametrize("labels", [{}, {"kind": "in"}, {"other": "in"}])
def test_the_same_metric_twice_is_a_mistake(labels: dict[str, str]) -> None:
    metrics = Metrics()
    metrics.gauge("m", "First.", lambda: 1, kind="in")
    with pytest.raises(ValueError, match="m is published already"):
        metrics.gauge("m", "Second.", lambda: 2, **labels)


def test_a_histogram_is_published_cumulative() -> None:
    metrics = Metrics()
    histogram = metrics.histogram("meydan_commit_seconds", "Commits.", (0.1, 1.0))
    histogram.observe(0.05)
    histogram.observe(0.5, times=2)
    histogram.observe(9)
    text = metrics.render().decode()
    assert 'meydan_commit_seconds_bucket{le="0.1"} 1.0' in text
    assert 'meydan_commit_seconds_bucket{le="1.0"} 3.0' in text
    assert 'meydan_commit_seconds_bucket{le="+Inf"} 4.0' in text
    assert "meydan_commit_seconds_sum 10.05" in text
    with pytest.raises(ValueError, match="published already"):
        metrics.histogram("meydan_commit_seconds", "Again.")


def test_a_recent_quantile_forgets_what_was_read() -> None:
    histogram = Histogram((1.0, 2.0, 4.0))
    median = RecentQuantile(histogram, 0.5, scale=1000)
    assert median() == 0
    histogram.observe(1.5, times=10)
    assert median() == pytest.approx(1500)
    histogram.observe(3.0, times=10)
    assert median() == pytest.approx(3000)
    assert median() == 0
    histogram.observe(100.0)
    assert median() == pytest.approx(4000), "the last bucket has no upper end: its lower one is what is known"


def test_process_numbers_are_of_this_process() -> None:
    assert 5_000_000 < process_memory_bytes() < 5_000_000_000
    before = process_cpu_seconds()
    sum(range(2_000_000))
    assert process_cpu_seconds() > before > 0
    assert b"process_resident_memory_bytes" in Metrics().render()


def test_names_are_as_a_scrape_shows_them() -> None:
    metrics = Metrics()
    metrics.count("a", "A.", lambda: 1)
    metrics.gauge("b", "B.", lambda: 1)
    metrics.histogram("c", "C.")
    assert metrics.names() == [("a_total", "A."), ("b", "B."), ("c", "C.")]
