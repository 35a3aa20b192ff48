"""What hosts are told to run for a backup, a drill or a restore: the words, for commands over SSH and for the schedule on hosts alike; pure."""

from typing import Final

SOCKET: Final = "/run/mysqld/mysqld.sock"
CLIENT: Final = "mariadb --no-defaults --socket={socket} --max-allowed-packet=1G --default-character-set=utf8mb4"
DUMP: Final = (
    "mariadb-dump --no-defaults --socket={socket} --single-transaction {position} --order-by-primary --hex-blob --routines --triggers --events"
    " --skip-dump-date --quick --max-allowed-packet=1G --default-character-set=utf8mb4 --databases blogs wiki"
)
"""As the desk's: in the order of the primary key and without dates, the same rows give the same bytes."""
MARK: Final = "@"
"""In what a manifest calls the log that leads on from a backup: before the number of the last change that is in it."""
NUMBER: Final = "SELECT BINLOG_GTID_POS('{file}', {offset})"
POSITION: Final = "--master-data=2"
ROWS: Final = "LC_ALL=C grep -aE '^(INSERT INTO|\\()' | sha256sum | cut -c1-64"
"""What of a dump is content: the rows, which servers of two versions write alike."""
COPIED: Final = r"sed -E 's/^(\) ENGINE=)(MyISAM|Aria)/\1InnoDB/'"
"""Members copy no other tables to each other."""
EMPTY: Final = "DROP DATABASE IF EXISTS blogs; DROP DATABASE IF EXISTS wiki;"
SIZE: Final = "SELECT COALESCE(SUM(data_length), 0) FROM information_schema.tables WHERE table_schema IN ('blogs', 'wiki')"
ENTER: Final = 'mount --bind "$1" "$2/data" && cd "$2" && shift 2 && exec "$@"'
"""Lets restic find the files that hosts share where a desk has them; nobody else sees that, and it ends with the process."""
SERVER: Final = "keep/drill-database"
UNIT: Final = "underdesk-drill"
MEMORY_MIB: Final = 512
"""More a drill's throwaway server does not get: the platform beside it must not miss it."""
START_S: Final = 120
COMES_OF: Final = 4
"""The database that is made of a dump takes so many times its bytes, with its logs."""
CLEAR: Final = "systemctl stop {unit} 2>/dev/null; systemctl reset-failed {unit} 2>/dev/null; rm -rf {folder}"
START: Final = """set -e
umask 077
mkdir -p {folder}
mariadb-install-db --no-defaults --user=root --datadir={folder}/data --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1
systemd-run --quiet --unit={unit} --property=MemoryMax={memory}M --property=Nice=10 mariadbd --no-defaults --user=root --datadir={folder}/data \
    --socket={folder}/socket --pid-file={folder}/pid --skip-networking --skip-log-bin --innodb-buffer-pool-size=128M --performance-schema=OFF \
    --innodb-flush-log-at-trx-commit=0 --max-allowed-packet=1G --skip-grant-tables
for look in $(seq {patience}); do
    mariadb --no-defaults --socket={folder}/socket --execute='SELECT 1' >/dev/null 2>&1 && exit 0
    sleep 1
done
echo "the throwaway server does not start: $(journalctl --unit {unit} --lines 2 --output cat | tr '\\n' ' ')" >&2
exit 1"""
CHANGES: Final = (
    "cd /var/lib/mysql && TZ=UTC mariadb-binlog --no-defaults --start-position={number} --stop-datetime={stop} $(cat binlog.index)"
    " | sed -E '/@@session\\.(gtid_domain_id|gtid_seq_no|server_id)=/Id'"
)
"""The numbers of changes are not taken along: what is done again is a change of its own, which members copy to each other."""
ADDED: Final = """set -e
cd {data}
for name in uploads wiki-images; do
    [ ! -d {aside}/$name ] || cp --archive --no-clobber {aside}/$name/. $name/
done
sync -f ."""
"""Files have names of their own: what was put there after the backup is what later changes speak of."""
