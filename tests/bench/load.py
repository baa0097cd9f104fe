"""Three times as many requests as the service can answer, from a FHIR server that takes 300 ms.

First a closed loop finds the capacity; then requests start by the clock, three times as often,
whatever becomes of them (an open loop: real clients do not wait for each other). Printed are what
was answered and refused and how fast, and memory, threads and open files before and after. With
`--factor 0.5 --seconds 1800` it is a soak.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from cds_service.settings import load_settings
from tests.bench.bodies import bodies

PATH = "/cds-services/vertebral-augmentation"
DEADLINE_MS = load_settings({}).deadline_ms
THREADS = 8


class SlowFhir(BaseHTTPRequestHandler):
    """Answers every search with nothing, after a while."""

    protocol_version = "HTTP/1.1"
    seconds = 0.3

    def do_GET(self):
        time.sleep(self.seconds)
        patient = "/Patient/" in self.path
        found = {"resourceType": "Bundle", "type": "searchset", "total": 0}
        body = {"resourceType": "Patient", "id": "bench", "birthDate": "1950-01-01"}
        sent = json.dumps(body if patient else found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        """Say nothing."""


class Fhir(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class Service:
    """The service in processes of its own."""

    def __init__(self, folder, workers):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        env = {**os.environ, "CDS_DATABASE_URL": f"sqlite:///{folder}/load.sqlite3"}
        words = [sys.executable, "-m", "cds_service", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*words, "--workers", str(workers), "--threads", str(THREADS)],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.address = f"http://127.0.0.1:{self.port}"
        for _ in range(1200):
            try:
                if requests.get(f"{self.address}/readyz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise SystemExit("the service did not start")

    def state(self):
        """Sum up memory in MiB, threads and open files of all processes."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        memory = threads = files = 0
        for one in children:
            lines = Path(f"/proc/{one}/status").read_text().splitlines()
            told = dict(line.split(":", 1) for line in lines)
            memory += int(told["VmRSS"].split()[0]) / 1024
            threads += int(told["Threads"])
            files += len(list(Path(f"/proc/{one}/fd").iterdir()))
        return {"memory MiB": round(memory), "threads": threads, "open files": files}

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def body_of(fhir_port):
    """Take the prefetch away: everything must be fetched."""
    body = json.loads(bodies()["typical"][0])
    body.pop("prefetch")
    body["fhirServer"] = f"http://127.0.0.1:{fhir_port}"
    return json.dumps(body).encode()


class Calls:
    """What became of all requests, in seconds by status."""

    def __init__(self, service, body):
        self.service, self.body = service, body
        self.took, self.lock = {}, threading.Lock()

    def one(self):
        begun = time.perf_counter()
        try:
            headers = {"Content-Type": "application/json"}
            answer = requests.post(
                self.service.address + PATH, self.body, headers=headers, timeout=30
            )
            status = answer.status_code
        except requests.RequestException as error:
            status = type(error).__name__
        with self.lock:
            self.took.setdefault(status, []).append(time.perf_counter() - begun)


def capacity(service, body, seconds):
    """Find how many requests a second are answered when nobody has to wait long."""
    calls, stop = Calls(service, body), time.monotonic() + seconds

    def client():
        while time.monotonic() < stop:
            calls.one()

    clients = [threading.Thread(target=client) for _ in range(2 * THREADS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return len(calls.took.get(200, ())) / seconds


def crowd(service, body, rate, seconds):
    """Start requests by the clock."""
    calls, clients = Calls(service, body), []
    begun = time.monotonic()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        clients = [one for one in clients if one.is_alive()]
        clients.append(threading.Thread(target=calls.one))
        clients[-1].start()
    for one in clients:
        one.join()
    return calls.took


def report(took):
    for status, seconds in sorted(took.items(), key=str):
        ordered = sorted(seconds)
        p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
        print(
            f"  {status!s:>20}: {len(ordered):6}   p50 {p50 * 1000:6.0f} ms"
            f"   p99 {p99 * 1000:6.0f} ms   most {ordered[-1] * 1000:6.0f} ms"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factor", type=float, default=3.0, help="of the capacity")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    fhir = Fhir(("127.0.0.1", 0), SlowFhir)
    threading.Thread(target=fhir.serve_forever, daemon=True).start()
    body = body_of(fhir.server_address[1])
    with tempfile.TemporaryDirectory() as folder:
        service = Service(folder, options.workers)
        try:
            capacity(service, body, 3)
            rate = capacity(service, body, 8)
            before = service.state()
            print(f"capacity {rate:.1f} requests/s; deadline of gathering {DEADLINE_MS} ms")
            took = crowd(service, body, rate * options.factor, options.seconds)
            print(f"{options.factor:g} times that for {options.seconds:g} s")
            report(took)
            time.sleep(2)
            after = service.state()
            for name in before:
                print(f"  {name}: {before[name]} before, {after[name]} after")
            late = sum(one > DEADLINE_MS / 1000 + 1.5 for one in took.get(200, ()))
            others = Counter({status: len(took[status]) for status in took.keys() - {200, 503}})
            print(f"  answered late: {late}; neither answered nor refused: {sum(others.values())}")
        finally:
            service.stop()
            fhir.shutdown()


if __name__ == "__main__":
    main()
