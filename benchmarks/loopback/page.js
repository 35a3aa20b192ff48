// One page: at a constant rate of arrivals (EXECUTOR open), or by people in a loop who come again after the answer (closed).
import http from "k6/http";
import { check, sleep } from "k6";

const ways = {
  open: { executor: "constant-arrival-rate", rate: Number(__ENV.RATE), timeUnit: "1s", duration: `${__ENV.SECONDS}s`, preAllocatedVUs: Number(__ENV.PEOPLE) },
  closed: { executor: "constant-vus", vus: Number(__ENV.PEOPLE), duration: `${__ENV.SECONDS}s` },
};

export const options = { hosts: JSON.parse(__ENV.HOSTS), scenarios: { page: ways[__ENV.EXECUTOR] } };

export default function () {
  const answer = http.get(__ENV.URL);
  check(answer, { "is the page": (page) => page.status === 200 && page.body.includes(__ENV.TITLE) && page.body.includes("</html>") });
  sleep(Number(__ENV.THINK_S));
}
