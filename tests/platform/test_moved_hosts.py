"""Other host names: every address moves along wherever WordPress keeps one, and names of before lead on."""

import json
import re
from base64 import b64decode, b64encode
from pathlib import Path

from infra.deployment import Deployment, load
from tests.platform.binlog_writer import until
from tests.platform.conftest import NAME, Command
from tests.platform.test_access import ask
from tests.platform.test_object_cache import WORDPRESS

OLD, NEW = "old.company.test:8443", "new.company.example"
REWRITING = """
require '/usr/share/underdesk/blogs/commands/rewriting.php';
$given     = json_decode( base64_decode( '%s' ), true );
$rewriting = new Underdesk\\Blogs\\Rewriting( $given['moved'] );
echo json_encode( array_map( fn( $value ) => base64_encode( $rewriting->of( base64_decode( $value ) ) ), $given['values'] ) );
"""
PLAIN = {
    f"see https://{OLD}/a, http://{OLD}. And //{OLD}": f"see https://{NEW}/a, http://{NEW}. And //{NEW}",
    f'{{"url":"https:\\/\\/{OLD}\\/x"}}': f'{{"url":"https:\\/\\/{NEW}\\/x"}}',
    f"share?u=https%3A%2F%2F{OLD.replace(':', '%3A')}%2Fx": f"share?u=https%3A%2F%2F{NEW}%2Fx",
    f"HTTPS://{OLD.upper()}/x": f"HTTPS://{NEW}/x",
}
STAYS = [
    f"https://{OLD}0/",
    "https://old.company.test/",
    f"https://{OLD}.evil.example",
    f"https://not{OLD}/",
    f"mail to someone@{OLD}",
    f'a:1:{{i:0;s:3:"https://{OLD}/";}}',
    f's:9:"https://{OLD}/";',
]
SERIALISED = """
$object = new stdClass();
$object->link = 'https://%(host)s/ü';
$object->self = $object;
$inner = serialize( array( 'deep' => array( 'https://%(host)s/', 1.5, true, null, -3 ), 'https://kept.example/' => 'no "quotes"; {s:3:"x";}' ) );
echo base64_encode( serialize( array( 'text' => '//%(host)s', 'object' => $object, 'inner' => $inner, 'binary' => "\\0\\xff//%(host)s\\0" ) ) );
"""


WRITE = """
update_option( 'widget_text', array( 2 => array( 'title' => 'Ours', 'text' => 'see %(blogs)snews/ and %(wiki)swiki/Main_Page' ), '_multiwidget' => 1 ) );
$post = wp_insert_post( array( 'post_title' => 'Ours', 'post_status' => 'publish', 'post_content' => 'see %(wiki)swiki/Main_Page and %(open)s' ) );
update_post_meta( $post, 'ours', array( 'link' => '%(blogs)s' ) );
echo $post;
"""
NOTED = WORDPRESS + "echo $wpdb->get_var( \"SELECT COUNT(*) FROM wp_sitemeta WHERE meta_key = 'underdesk_moved'\" );"  # noqa: S608 - our own name
FOLLOWS_S = 180
READ = """
$post = %(post)d;
echo json_encode( array( get_option( 'widget_text' )[2]['text'], get_post_field( 'post_content', $post ), get_post_meta( $post, 'ours', true )['link'] ) );
"""


def php(deployment: Deployment, program: str) -> str:
    return deployment.exec("blogs-jobs", ["php"], stdin=f"<?php {program}")


def rewritten(deployment: Deployment, values: list[bytes], moved: dict[str, str]) -> list[bytes]:
    given = json.dumps({"moved": moved, "values": [b64encode(value).decode() for value in values]})
    return [b64decode(value) for value in json.loads(php(deployment, REWRITING % b64encode(given.encode()).decode()))]


def test_addresses_in_text_move_and_others_stay(deployment: Deployment) -> None:
    given = [*PLAIN, *STAYS]
    assert [one.decode() for one in rewritten(deployment, [text.encode() for text in given], {OLD: NEW})] == [*PLAIN.values(), *STAYS]


def test_what_php_has_serialised_is_as_if_php_had_serialised_it_with_the_new_address(deployment: Deployment) -> None:
    before, wanted = (b64decode(php(deployment, SERIALISED % {"host": host})) for host in (OLD, NEW))
    assert rewritten(deployment, [before, wanted], {OLD: NEW}) == [wanted, wanted]


def links(deployment: Deployment) -> dict[str, str]:
    return {"blogs": deployment.urls["internal"], "open": deployment.urls["external"], "wiki": deployment.urls["wiki"]}


def read(deployment: Deployment, post: int) -> list[str]:
    found: list[str] = json.loads(php(deployment, WORDPRESS + READ % {"post": post}))
    return found


def test_a_platform_gets_other_host_names_with_everything_in_it_and_those_of_before_lead_on(deployment: Deployment, plan: Command, folder: Path) -> None:
    brief, before = (folder / "brief.yaml").read_text(), links(deployment)
    post = int(php(deployment, WORDPRESS + WRITE % before))
    were = read(deployment, post)
    domain = deployment.plan.platform.hosts.internal.partition(".")[2]
    renamed = re.sub(r"(internal|external|wiki): (blogs|www|wiki)\.", r"\1: new-\2.", brief)
    for name in ("blogs", "www", "wiki"):
        renamed = renamed.replace(f"[{name}-before.", f"[{name}.{domain}, {name}-before.")
    try:
        (folder / "brief.yaml").write_text(renamed)
        for command in (["size"], ["deploy", "--yes"], ["status", "--check", "--name", NAME], ["test", "smoke", "--name", NAME]):
            done = plan(*command)
            assert done.returncode == 0, done.stderr
        now = load(NAME)
        wanted = [re.sub(rf"//(blogs|www|wiki)\.{domain}", rf"//new-\1.{domain}", text) for text in were]
        until(lambda: read(now, post) == wanted, FOLLOWS_S, f"{wanted} is read")
        for use, url in deployment.urls.items():
            host = deployment.plan.platform.hosts.model_dump()[use]
            assert ask(now, host, "/news/", now.address) == (308, f"{now.urls[use]}news/"), url
    finally:
        (folder / "brief.yaml").write_text(brief)
        for command in (["size"], ["deploy", "--yes"]):
            back = plan(*command)
            assert back.returncode == 0, back.stderr
    until(lambda: read(deployment, post) == were, FOLLOWS_S, f"{were} is read")
    until(lambda: php(deployment, NOTED).split() == ["0"], FOLLOWS_S, "nothing is left to follow")
