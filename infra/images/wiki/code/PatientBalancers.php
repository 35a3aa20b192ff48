<?php
namespace Underdesk;

use Wikimedia\Rdbms\ILoadBalancerForOwner;
use Wikimedia\Rdbms\LBFactorySimple;
use Wikimedia\Rdbms\LoadBalancer;
use Wikimedia\Rdbms\LoadMonitorNull;

/** MediaWiki's own balancer over one server, with connections that wait while the database restarts. Chosen by $wgLBFactoryConf. */
final class PatientBalancers extends LBFactorySimple {
	private readonly array $settings;

	public function __construct( array $conf ) {
		parent::__construct( $conf );
		$this->settings = $conf;
	}

	/** @inheritDoc */
	public function newMainLB( $domain = false ): ILoadBalancerForOwner {
		$base = $this->baseLoadBalancerParams();
		$balancer = new LoadBalancer( [
			'servers' => $this->settings['servers'],
			'loadMonitor' => [ 'class' => LoadMonitorNull::class ],
			'clusterName' => self::CLUSTER_MAIN_DEFAULT,
			'databaseFactory' => new PatientDatabaseFactory( $base ),
		] + $base );
		$this->initLoadBalancer( $balancer );
		return $balancer;
	}
}
