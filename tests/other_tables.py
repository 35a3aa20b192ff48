"""A WordPress whose tables change, and that looks well but takes no comment: what only the smoke test finds."""

from typing import Final

NO_COMMENTS: Final = r"""
sed -i -E 's/^(\$wp_db_version = )[0-9]+;/\199999;/' /usr/share/wordpress/wp-includes/version.php
echo "<?php add_filter( 'preprocess_comment', fn() => wp_die( 'broken', '', 500 ) );" >/var/lib/wordpress/wp-content/mu-plugins/test.php
"""
TABLES: Final = "SELECT option_value FROM blogs.wp_options WHERE option_name = 'db_version'"
