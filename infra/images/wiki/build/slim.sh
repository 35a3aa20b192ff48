#!/bin/sh
# Builds the localisation cache, then removes what the running wiki never reads.
set -eu
wiki=/usr/share/mediawiki
build=/usr/share/underdesk/build
languages=$(cat "$build/languages")

mkdir -p /usr/share/underdesk/localisation
php -d memory_limit=1G "$wiki/maintenance/run.php" rebuildLocalisationCache --conf "$build/localisation.php" \
    --force --skip-message-purge --threads 2 --lang "$(echo "$languages" | tr ' ' ',')" --quiet

# Extensions and skins that no setting loads.
loaded=$(grep -o "'[A-Za-z]*'" "$build/extensions.php" | tr -d "'")
for directory in "$wiki"/extensions-core/* "$wiki"/skins/*/; do
    name=$(basename "$directory")
    echo "$loaded" | grep -qx "$name" || rm -rf "$directory" "/var/lib/mediawiki/extensions/$name"
done

# Languages that were not built; of the built ones only the installer still reads messages.
keep() {
    for language in $languages; do
        [ "$1" = "$language" ] && return 0
    done
    return 1
}
find "$wiki" -path '*/i18n/*.json' | while read -r file; do
    case $file in
        "$wiki"/languages/i18n/* | "$wiki"/includes/installer/i18n/*) keep "$(basename "$file" .json)" || rm -f "$file" ;;
        *) rm -f "$file" ;;
    esac
done
find "$wiki/languages/messages" -name 'Messages*.php' | while read -r file; do
    code=$(basename "$file" .php | sed 's/^Messages//; s/_/-/g' | tr '[:upper:]' '[:lower:]')
    keep "$code" || rm -f "$file"
done
find "$wiki" -depth -type d \( -name tests -o -name screenshots -o -name jsduck -o -name demos \) -exec rm -rf {} +
find "$wiki" -type f \( -name '*.md' -o -name '*.map' -o -name jsdoc.json -o -name Gruntfile.js \) -delete
rm -rf "$wiki"/vendor/endroid "$wiki"/mw-config "$wiki"/extensions-core/VisualEditor/lib/ve/i18n-source
