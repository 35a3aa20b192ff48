from pathlib import Path

from infra import images


def test_every_image_has_a_context_with_a_dockerfile_and_comes_after_its_parent() -> None:
    seen = set()
    for image in images.images():
        if image.name != "base":
            assert (Path(image.context) / "Dockerfile").is_file(), image.name
            assert image.parent in seen
        seen.add(image.reference)


def test_no_image_is_called_latest_and_every_tag_names_the_suite() -> None:
    assert all(image.reference.rsplit(":", 1)[1].startswith(f"{images.SUITE}-") for image in images.images())


def test_a_registry_is_put_before_the_names() -> None:
    assert {image.name: image.reference for image in images.images("registry.firm.test:5000/")}["blogs"].startswith("registry.firm.test:5000/underdesk/blogs:")


def test_a_moment_gives_new_tags_to_the_image_and_to_all_that_are_built_on_it_and_to_no_other() -> None:
    before, after = images.images(), images.images(as_of={"web": "2026-11-28T10:00:00+00:00"})
    changed = {old.name for old, new in zip(before, after, strict=True) if old.reference != new.reference}
    assert changed == {"web", "blogs", "wiki"}
    assert {image.name for image in after if image.fresh} == {"web"}
    assert images.images(as_of={}) == before


def test_a_changed_file_a_new_mode_and_a_new_name_change_the_digest(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM x")
    digests = [images.context_digest(tmp_path)]
    file.write_text("FROM y")
    digests.append(images.context_digest(tmp_path))
    file.chmod(0o755)
    digests.append(images.context_digest(tmp_path))
    file.rename(tmp_path / "other")
    digests.append(images.context_digest(tmp_path))
    assert len(set(digests)) == len(digests)
    assert images.context_digest(tmp_path) == digests[-1]
