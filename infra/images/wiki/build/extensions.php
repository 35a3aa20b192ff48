<?php
// What a company expects of a wiki. Everything else the package brings is removed from the image (slim.sh).
wfLoadSkins( [ 'MinervaNeue', 'Vector' ] );
wfLoadExtensions( [
	'CategoryTree',
	'Cite',
	'ImageMap',
	'InputBox',
	'MultimediaViewer',
	'Nuke',
	'PageImages',
	'ParserFunctions',
	'ReplaceText',
	'TemplateData',
	'TextExtracts',
	'VisualEditor',
	'WikiEditor',
] );
