<?php
/**
 * WordPress's object cache in Valkey. What is read stays in the process for the request;
 * without Valkey the process is all there is, and pages are slower but right.
 */

require_once '/usr/share/underdesk/blogs/objectcache/class-store.php';
require_once '/usr/share/underdesk/blogs/objectcache/class-habit.php';
require_once '/usr/share/underdesk/blogs/objectcache/class-cache.php';
require_once '/usr/share/underdesk/blogs/objectcache/functions.php';
