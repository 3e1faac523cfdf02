"""Tests of a service that is written in another language, against the development authorization server.

The service asks for its tokens by itself; the tests control the server with curl alone. They run with python3 and curl:

    SERVICE_TOKEN='npx service-token' python3 examples/control/orders_test.py
"""

import json
import os
import shlex
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


class TokenRefused(Exception):
    """The authorization server refused the request; another try would not help."""


def fetch_token(origin, service, tries=3):
    """What the service under test does: the client credentials grant, repeated when the server is in trouble."""
    fields = {"grant_type": "client_credentials", "client_id": "orders", "client_secret": "only on this machine", "audience": service}
    for left in reversed(range(tries)):
        try:
            with urllib.request.urlopen(f"{origin}/token", urllib.parse.urlencode(fields).encode()) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise TokenRefused(json.load(error)["error"]) from None
            if left == 0:
                raise


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OrdersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = f"http://127.0.0.1:{free_port()}"
        command = shlex.split(os.environ.get("SERVICE_TOKEN", "npx service-token"))
        registry = Path(__file__).with_name("registry.json")
        port = cls.origin.rsplit(":", 1)[1]
        cls.server = subprocess.Popen([*command, "serve", str(registry), "--port", port, "--silent"])
        cls.addClassCleanup(cls.stop)
        cls.curl("--retry", "50", "--retry-connrefused", "--retry-delay", "1", f"{cls.origin}/health")

    @classmethod
    def stop(cls):
        cls.server.terminate()
        if cls.server.wait(10) != 0:
            raise AssertionError("The server did not end cleanly.")

    @classmethod
    def curl(cls, *arguments):
        done = subprocess.run(["curl", "--silent", "--show-error", "--fail-with-body", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{done.stderr}{done.stdout}")
        return json.loads(done.stdout) if done.stdout else None

    def admin(self, method, path, body=None):
        data = [] if body is None else ["--header", "content-type: application/json", "--data", json.dumps(body)]
        return self.curl("--request", method, *data, f"{self.origin}/admin/api{path}")

    def setUp(self):
        self.admin("POST", "/reset")

    def test_a_token_is_for_one_service(self):
        self.assertEqual(fetch_token(self.origin, "users")["scope"], "read_user")
        self.assertEqual(fetch_token(self.origin, "billing")["scope"], "charge")

    def test_a_right_that_is_withdrawn_is_missed_and_comes_back(self):
        withdrawn = self.admin("POST", "/clients/orders/grants/billing/withdraw")
        self.assertEqual(withdrawn["changes"][0]["text"], "orders may no longer call billing.")
        with self.assertRaisesRegex(TokenRefused, "invalid_target"):
            fetch_token(self.origin, "billing")
        self.admin("POST", "/undo")
        self.assertEqual(fetch_token(self.origin, "billing")["scope"], "charge")

    def test_two_bad_answers_are_survived_and_three_are_not(self):
        self.admin("POST", "/faults", {"fault": "answer", "status": 503, "requests": 2})
        self.assertIn("access_token", fetch_token(self.origin, "users"))
        self.admin("POST", "/faults", {"fault": "answer", "status": 503, "requests": 3})
        with self.assertRaises(urllib.error.HTTPError):
            fetch_token(self.origin, "users")

    def test_the_server_counts_what_the_service_asked_for(self):
        fetch_token(self.origin, "users")
        log = self.admin("GET", "/requests?endpoint=token")
        self.assertEqual([(one["clientId"], one["service"]) for one in log["latest"]], [("orders", "users")])

    def test_life_is_as_long_as_the_registry_says(self):
        self.admin("PATCH", "/clients/orders", {"accessTokenLifetime": 60_000})
        started = time.time()
        self.assertEqual(fetch_token(self.origin, "users")["expires_in"], 60)
        edge = next(edge for edge in self.admin("GET", "/overview")["edges"] if edge["service"] == "users")
        self.assertAlmostEqual(edge["lastEndsAt"] / 1000, started + 60, delta=5)

    def test_a_wrong_call_says_what_is_wrong(self):
        with self.assertRaisesRegex(AssertionError, "slow needs ms"):
            self.admin("POST", "/faults", {"fault": "slow"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
