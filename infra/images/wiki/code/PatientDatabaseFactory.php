<?php
namespace Underdesk;

use Wikimedia\Rdbms\DatabaseFactory;

/** Makes PatientDatabase wherever MediaWiki would make its own class for MySQL. */
final class PatientDatabaseFactory extends DatabaseFactory {
	/** @inheritDoc */
	protected function getClass( $dbType, $driver = null ) {
		return $dbType === 'mysql' ? PatientDatabase::class : parent::getClass( $dbType, $driver );
	}
}
