from infra.live import Drift, _compare


def test_a_changed_leaf_is_named_with_both_values() -> None:
    before = {"pagecache": {"TaskTemplate": {"Resources": {"Limits": {"MemoryBytes": 1}}}}}
    now = {"pagecache": {"TaskTemplate": {"Resources": {"Limits": {"MemoryBytes": 2}}}}}
    assert _compare("service", before, now) == [Drift("service", "pagecache", "TaskTemplate.Resources.Limits.MemoryBytes is 2, was 1")]


def test_gone_and_added_things_are_named() -> None:
    assert _compare("network", {"front": "1"}, {"stray": "2"}) == [Drift("network", "front", "is gone"), Drift("network", "stray", "was added by hand")]


def test_what_the_engine_counts_up_by_itself_is_no_drift() -> None:
    assert _compare("service", {"a": {"TaskTemplate": {"ForceUpdate": 0}}}, {"a": {"TaskTemplate": {"ForceUpdate": 3}}}) == []
