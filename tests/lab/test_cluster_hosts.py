"""Three real hosts made ready: bare, killed in between, again, changed by hand, closed, without power; nobody is ever locked out."""

import os
from collections.abc import Iterator

import pytest

from tests.lab.cluster import ClusterLab, standing, wait_for, written

SLOT = os.environ.get("UNDERDESK_TEST_SLOT", "0")
MOMENTS = ("Write what every host has", "Open what the plan names and nothing else", "Make a swarm")
NOTHING_CHANGED_S = 60
LISTEN = "systemd-run --quiet --unit test-listen-{port} python3 -m http.server {port}"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterLab]:
    with standing(ClusterLab(f"h{SLOT}hosts", 3, tmp_path_factory.mktemp("cluster")), deployed=False) as made:
        yield made


def test_on_bare_hosts_a_deploy_that_is_killed_again_and_again_is_completed_by_the_same_command(cluster: ClusterLab) -> None:
    proposed = cluster.deploy("--dry-run")
    assert proposed.code == 0, proposed.said
    assert set(proposed.proposed) == set(cluster.hosts)
    assert cluster.root(cluster.hosts[0], "ls /etc/underdesk/cluster", code=2), "a dry run wrote something"
    for moment in MOMENTS:
        cluster.killed(moment)
    done = cluster.deploy()
    assert done.code == 0, done.said
    assert done.answer["verified"]
    assert written(done.changed) <= written(proposed.proposed)
    print(f"completed in {done.seconds:.0f} s, the comparison in {proposed.seconds:.0f} s")  # noqa: T201 - the figure


def test_the_second_run_changes_nothing_and_takes_no_minute(cluster: ClusterLab) -> None:
    done = cluster.deploy()
    assert (done.code, done.proposed, done.changed) == (0, {}, {}), done.said
    assert done.seconds <= NOTHING_CHANGED_S
    assert cluster.applied() == []
    print(f"nothing to change: {done.seconds:.0f} s")  # noqa: T201 - the figure


def test_three_managers_keep_the_swarm_with_the_labels_of_the_plan(cluster: ClusterLab) -> None:
    said = cluster.root(cluster.hosts[2], "docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'")
    assert sorted(line.split()[0] for line in said.splitlines()) == cluster.hosts
    assert said.count("Reachable") == 2
    assert said.count("Leader") == 1
    labels = cluster.root(cluster.hosts[0], f"docker node inspect {cluster.hosts[2]} --format '{{{{json .Spec.Labels}}}}'")
    assert '"underdesk.database":"true"' in labels
    assert "frontdoor" not in labels


def test_what_is_said_before_is_what_is_made_after_hosts_were_changed_by_hand(cluster: ClusterLab) -> None:
    one, two, three = cluster.hosts
    cluster.root(two, "nft insert rule inet underdesk arriving tcp dport 9 accept; sed -i /underdesk/d /etc/hosts; sysctl -qw net.ipv4.ip_forward=0")
    cluster.root(three, "rm /etc/ssh/sshd_config.d/01-underdesk.conf; nft delete table inet underdesk")
    cluster.root(one, f"docker node update --label-rm underdesk.web --label-add theirs=1 {two}")
    proposed = cluster.deploy("--dry-run")
    assert f"Keep the nodes as planned: {two}: is for web" in proposed.proposed[one]
    assert written(proposed.proposed) == {
        f"{two} /etc/hosts: underdesk {cluster.name}",
        f"{two} /etc/underdesk/firewall.nft",
        f"{three} /etc/ssh/sshd_config.d/01-underdesk.conf",
        f"{three} /etc/underdesk/firewall.nft",
    }
    done = cluster.deploy()
    assert done.code == 0, done.said
    assert done.changed == done.proposed == proposed.proposed
    assert "theirs:1" in cluster.root(one, f"docker node inspect {two} --format '{{{{.Spec.Labels}}}}'")
    assert cluster.deploy().changed == {}


def test_nothing_opens_but_what_the_plan_names(cluster: ClusterLab) -> None:
    one, two, _ = cluster.hosts
    named, unnamed, published = 18080, 18999, 18888
    for port in (named, unnamed):
        cluster.root(one, LISTEN.format(port=port))
    cluster.root(one, f"iptables -t nat -I PREROUTING -p tcp --dport {published} -j REDIRECT --to-ports {unnamed}")  # as the engine publishes
    try:
        wait_for(lambda: cluster.opens(one, named), 20, "what the plan names does not open")
        assert cluster.opens_from(one, one, unnamed), "nobody listens there, so its being closed says nothing"
        assert not cluster.opens(one, unnamed)
        assert not cluster.opens(one, published), "what is published is open though the plan does not name it"
        for port in (2377, 7946):
            assert cluster.opens_from(two, one, port), f"{port} does not open for another host"
            assert not cluster.opens(one, port), f"{port} opens for outside"
        assert not cluster.opens_from(two, one, unnamed)
    finally:
        cluster.root(one, f"iptables -t nat -D PREROUTING -p tcp --dport {published} -j REDIRECT --to-ports {unnamed}")
        cluster.root(one, f"systemctl stop test-listen-{named} test-listen-{unnamed}")


def test_nobody_comes_in_by_password_and_nobody_as_root(cluster: ClusterLab) -> None:
    one = cluster.hosts[0]
    cluster.root(one, "echo ops:guessed | chpasswd; mkdir -p -m 700 /root/.ssh; cp /home/ops/.ssh/authorized_keys /root/.ssh/authorized_keys")
    password = ("-o", "PreferredAuthentications=password,keyboard-interactive", "-o", "PubkeyAuthentication=no")
    assert "Permission denied (publickey)" in cluster.ssh(one, "true", *password, code=255)
    assert "Permission denied (publickey)" in cluster.ssh(one, "true", "-o", "User=root", code=255)
    assert cluster.ssh(one, "whoami") == "ops"


def test_rules_that_would_lock_this_machine_out_are_put_back_at_once(cluster: ClusterLab) -> None:
    text = cluster.inventory.read_text()
    elsewhere = cluster.folder / "elsewhere.yaml"
    elsewhere.write_text(text.replace("ssh:\n", "ssh:\n  networks: [192.0.2.0/24]\n"))
    done = cluster.deploy(inventory=elsewhere)
    assert done.code == 1
    assert "was put back" in done.said
    for host in cluster.hosts:
        assert cluster.ssh(host, "true") == ""
    assert cluster.deploy().changed == {}


def test_two_deploys_at_once_give_one_clear_refusal(cluster: ClusterLab) -> None:
    first = cluster.begun()
    second = cluster.deploy()
    assert second.code == 1
    assert "another deploy works on this cluster: " in second.said
    assert first.stderr
    first.stderr.read()
    assert first.wait(120) == 0


def test_after_all_hosts_lost_power_at_once_rules_and_swarm_are_there_again(cluster: ClusterLab) -> None:
    cluster.lab("kill", "--all")
    cluster.lab("start")
    wait_for(lambda: "Leader" in cluster.root(cluster.hosts[0], "docker node ls 2>/dev/null || true"), 90, "the swarm does not come back")
    for host in cluster.hosts:
        cluster.root(host, "underdesk-firewall check")
        assert not cluster.opens(host, 7946)
    done = cluster.deploy()
    assert (done.code, done.changed) == (0, {}), done.said


def test_a_change_of_who_gets_in_that_nobody_confirmed_does_not_outlive_a_reboot(cluster: ClusterLab) -> None:
    three = cluster.hosts[2]
    folder = "/var/lib/underdesk/guarded/ssh"
    file = "/etc/ssh/sshd_config.d/01-underdesk.conf"
    undo = f"cp -p {folder}/before {file}; rm -rf {folder}"
    cluster.root(three, f"mkdir -p {folder}; cp {file} {folder}/before; echo '{undo}' >{folder}/undo; echo 'AllowUsers nobody' >{file}; sync")
    cluster.lab("kill", three)
    cluster.lab("start", three)
    assert cluster.ssh(three, "whoami") == "ops"
    assert cluster.deploy().changed == {}


def test_a_host_that_left_the_swarm_comes_back_and_leaves_nothing_behind(cluster: ClusterLab) -> None:
    three = cluster.hosts[2]
    cluster.root(three, "docker swarm leave --force")
    done = cluster.deploy()
    assert done.code == 0, done.said
    assert "Join as a manager, one after the other: joins the swarm" in done.changed[three]
    nodes = cluster.root(cluster.hosts[0], "docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'").splitlines()
    assert [line.split()[0] for line in sorted(nodes)] == cluster.hosts
    assert cluster.deploy().changed == {}


def test_a_person_gets_in_with_a_key_and_no_more_when_taken_out(cluster: ClusterLab) -> None:
    one = cluster.hosts[0]
    key = (cluster.folder / "key.pub").read_text().strip()
    text = cluster.inventory.read_text()
    with_anna = cluster.folder / "anna.yaml"
    with_anna.write_text(f"{text}operators:\n  - name: anna\n    keys: ['{key}']\n")
    done = cluster.deploy(inventory=with_anna)
    assert done.code == 0, done.said
    assert cluster.ssh(one, "sudo whoami", "-o", "User=anna") == "root"
    assert cluster.deploy("--dry-run", inventory=with_anna).proposed == {}
    own = "install -d -m 700 .ssh && cp /etc/ssh/underdesk/anna .ssh/authorized_keys"
    cluster.ssh(one, f"sudo -H -u anna sh -c 'cd; {own}'")
    cluster.deploy()
    assert "Permission denied" in cluster.ssh(one, "true", "-o", "User=anna", code=255)
