"""People's work, as far as these tests need it: a post that was acknowledged, and what is there to read."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.deployment import Deployment, load
from tests.platform.conftest import NAME

LOAD = "<?php $_SERVER['HTTP_HOST'] = '{host}'; $_SERVER['REQUEST_URI'] = '/news/'; require '/usr/share/wordpress/wp-load.php';"
POST = LOAD + " echo wp_insert_post(array('post_title' => '{title}', 'post_content' => 'Acknowledged.', 'post_status' => 'publish', 'post_author' => 1));"
TITLES = LOAD + " echo json_encode(array_values(wp_list_pluck(get_posts(array('numberposts' => -1)), 'post_title')));"


def php(script: str, **values: str) -> str:
    deployment = load(NAME)
    host = urlsplit(deployment.urls["internal"]).netloc
    return deployment.exec("blogs", ["php"], stdin=script.format(host=host, **values)).strip()


def post(title: str) -> None:
    """Publish a post; when this returns, its author has been told that it is there."""
    assert int(php(POST, title=title)) > 0


def titles() -> list[str]:
    """The titles of all posts of the first blog."""
    return list(json.loads(php(TITLES)))


@pytest.fixture
def upload(deployment: Deployment) -> Callable[[str, bytes], Path]:
    """A file among the uploads, as a person would have put it there."""

    def put(name: str, content: bytes) -> Path:
        path = f"/var/lib/wordpress/wp-content/uploads/{name}"
        subprocess.run(["docker", "exec", "-i", deployment.container("blogs"), "tee", path], input=content, check=True, capture_output=True)
        return deployment.folder / "data" / "uploads" / name

    return put
