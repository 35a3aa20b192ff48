// The same page at the same rate, by as many browsers, looked at in the same way.
import http from "k6/http";
import { check } from "k6";

export const options = {
  hosts: JSON.parse(__ENV.HOSTS),
  scenarios: {
    page: { executor: "constant-arrival-rate", rate: Number(__ENV.RATE), timeUnit: "1s", duration: `${__ENV.SECONDS}s`, preAllocatedVUs: 20 },
  },
};

export default function () {
  const answer = http.get(__ENV.URL);
  check(answer, { "is the page": (page) => page.status === 200 && page.body.includes(__ENV.TITLE) && page.body.includes("</html>") });
}
