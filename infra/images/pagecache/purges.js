// A page may be on its way from the origin, made before a change, while the purge for that change arrives: the purge finds
// nothing to remove, and the page would be kept without the change for its whole life. So purges are noted, and an answer
// that the origin was asked for before a purge of its address is passed on but not kept.
const purges = ngx.shared.purges;
const LONGEST = 1024; // no address ending in * that the origin purges is longer

// The module that purges compares an address ending in * without regard to case.
function address(r) {
    return (r.variables.host + r.variables.request_uri).toLowerCase();
}

function now(r) {
    return Math.round(r.variables.msec * 1000);
}

// Of a PURGE, before it removes anything: what is kept afterwards was asked for afterwards.
function note(r) {
    purges.set(address(r), now(r));
    return '';
}

// Of an answer, at its first byte: '1' if its address was purged since the origin was asked, the last one where several were.
function outdated(r) {
    const waited = (r.variables.upstream_header_time || '').split(/[,:]/).pop();
    const asked = now(r) - Math.ceil((Number(waited) || Number(r.variables.request_time)) * 1000) - 1;
    const page = address(r);
    if (purges.get(page) >= asked) {
        return '1';
    }
    for (let length = Math.min(page.length, LONGEST); length > 0; length--) {
        if (purges.get(page.slice(0, length) + '*') >= asked) {
            return '1';
        }
    }
    return '';
}

export default { note, outdated };
