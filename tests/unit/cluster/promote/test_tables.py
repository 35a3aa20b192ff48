"""A dump on its way into a cluster: what it becomes, and what is counted of it."""

import hashlib

import pytest

from infra.cluster.promote.tables import arriving, held

DUMP = b"""/*M!999999\\- enable the sandbox mode */
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `blogs` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `blogs`;
DROP TABLE IF EXISTS `wp_posts`;
CREATE TABLE `wp_posts` (
  `ID` bigint(20) unsigned NOT NULL,
  PRIMARY KEY (`ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES `wp_posts` WRITE;
/*!40000 ALTER TABLE `wp_posts` DISABLE KEYS */;
SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0;
INSERT INTO `wp_posts` VALUES
(1,'USE `blogs`;'),
(2,'LOCK TABLES `x`');
INSERT INTO `wp_posts` VALUES
(3,'three');
COMMIT;
SET AUTOCOMMIT=@OLD_AUTOCOMMIT;
/*!40000 ALTER TABLE `wp_posts` ENABLE KEYS */;
UNLOCK TABLES;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `wiki` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `wiki`;
CREATE TABLE `searchindex` (
  `si_page` int(10) unsigned NOT NULL
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4;
CREATE TABLE `aria` (
  `x` int(10)
) ENGINE=Aria DEFAULT CHARSET=utf8mb4 PAGE_CHECKSUM=1 TRANSACTIONAL=1;
INSERT INTO `searchindex` VALUES
(1);
"""
LINES = DUMP.splitlines(keepends=True)


def test_what_arrives_lies_beside_what_the_cluster_has() -> None:
    arrived = b"".join(arriving(LINES, "_arriving"))
    assert b"IF NOT EXISTS*/ `blogs_arriving` /*!40100" in arrived
    assert b"\nUSE `wiki_arriving`;\n" in arrived
    assert b"`wiki`" not in arrived


def test_no_transaction_is_as_large_as_a_table_and_no_table_stays_on_one_member() -> None:
    arrived = b"".join(arriving(LINES, "_arriving"))
    for left_out in (b"\nLOCK TABLES", b"UNLOCK", b"AUTOCOMMIT", b"COMMIT", b"KEYS", b"MyISAM", b"Aria", b"PAGE_CHECKSUM", b"TRANSACTIONAL", b"sandbox"):
        assert left_out not in arrived
    assert arrived.count(b") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;") == 3


def test_what_people_wrote_stays_as_it_is_whatever_it_looks_like() -> None:
    arrived = b"".join(arriving(LINES, "_arriving"))
    assert b"(1,'USE `blogs`;'),\n(2,'LOCK TABLES `x`');\n" in arrived


def test_each_table_is_counted_with_the_digest_of_its_rows() -> None:
    found = held(LINES)
    assert {name: told["rows"] for name, told in found.items()} == {"blogs.wp_posts": 3, "wiki.aria": 0, "wiki.searchindex": 1}
    assert found["wiki.searchindex"]["digest"] == hashlib.sha256(b"(1)\n").hexdigest()


def test_both_sides_say_the_same_of_the_same_rows_however_they_are_grouped() -> None:
    arrived = list(arriving(LINES, "_arriving"))
    at = arrived.index(b"INSERT INTO `wp_posts` VALUES\n")
    regrouped = [*arrived[: at + 2], b"(2,'LOCK TABLES `x`'),\n", *arrived[at + 4 :]]
    assert held(regrouped, "_arriving") == held(LINES)


@pytest.mark.parametrize(("old", "new"), [(b"(3,'three')", b"(3,'thre')"), (b"(2,'LOCK TABLES `x`');", b"(2,'LOCK TABLES `x`'),\n(2,'');")])
def test_another_row_is_told(old: bytes, new: bytes) -> None:
    assert held(DUMP.replace(old, new).splitlines(keepends=True))["blogs.wp_posts"] != held(LINES)["blogs.wp_posts"]
