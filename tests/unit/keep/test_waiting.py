"""Status names what waits for somebody: the key that nobody has copied, what restores have put aside."""

from infra.deployment import Deployment
from infra.keep import key
from infra.keep.standing import standing, waiting


def test_the_key_is_named_until_somebody_says_that_it_was_copied(deployment: Deployment) -> None:
    assert f"copy {deployment.folder}/secrets/backup somewhere safe" in waiting(deployment)[-1]
    assert standing(deployment)["key_copied"] is False
    (deployment.folder / "keep").mkdir()
    (deployment.folder / key.COPIED).touch()
    assert waiting(deployment) == []
    assert standing(deployment)["key_copied"] is True


def test_what_restores_put_aside_is_named_with_its_size_until_it_is_removed(deployment: Deployment) -> None:
    left = deployment.folder / "data.before-20261128T120000"
    (left / "database").mkdir(parents=True)
    (left / "database" / "rows").write_bytes(b"x" * 3 * 1024**2)
    assert f"{left}, 3 MiB" in waiting(deployment)[0]
    assert standing(deployment)["asides"] == [{"folder": str(left), "bytes": 3 * 1024**2}]
