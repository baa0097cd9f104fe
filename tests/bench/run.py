"""Start both servers, send the same bodies to each in turn, and print the ratios.

One worker each, pinned to one core, the driver on another; rounds alternate so that drift of the
machine hits both. Ratios are ours / echo; throughput higher is better, all else lower.
"""

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.bench.bodies import bodies

HERE = Path(__file__).parent
PATH = "/cds-services/vertebral-augmentation"
TICK = os.sysconf("SC_CLK_TCK")
GOALS = {"typical": 0.5, "heavy": 0.7, "foreign": 0.8}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process, pinned to the first core."""

    def __init__(self, name, command, port, env):
        self.name, self.port = name, port
        self.process = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.sched_setaffinity(self.process.pid, {0})
        self.wait()

    def wait(self):
        for _ in range(400):
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    break
            except OSError:
                time.sleep(0.05)
        time.sleep(0.5)
        for pid in self.pids():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {0})

    def pids(self):
        out = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        ).stdout.split()
        return [self.process.pid, *map(int, out)]

    def cpu(self):
        total = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def rss(self):
        sizes = []
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    sizes.append(int(line.split()[1]) / 1024)
        return max(sizes)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def drive(port, payloads, seconds, connections):
    """Send bodies in a closed loop; gives latencies in ms and the seconds it took."""
    latencies, lock, stop = [], threading.Lock(), time.monotonic() + seconds

    def client(offset):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        mine, index = [], offset
        headers = {"Content-Type": "application/json"}
        while time.monotonic() < stop:
            start = time.perf_counter()
            connection.request("POST", PATH, payloads[index % len(payloads)], headers)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"status {response.status}")
            mine.append((time.perf_counter() - start) * 1000)
            index += 1
        with lock:
            latencies.extend(mine)

    threads = [threading.Thread(target=client, args=(i,)) for i in range(connections)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(latencies), time.monotonic() - begun


def measure(server, payloads, seconds):
    before = server.cpu()
    latencies, took = drive(server.port, payloads, seconds, 4)
    cpu = (server.cpu() - before) / len(latencies) * 1000
    alone, _ = drive(server.port, payloads, seconds / 4, 1)
    return {
        "throughput": len(latencies) / took,
        "p50 alone": statistics.median(alone),
        "p50": statistics.median(latencies),
        "p99": latencies[int(len(latencies) * 0.99)],
        "cpu ms": cpu,
        "rss MiB": server.rss(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    os.sched_setaffinity(0, {1} if os.cpu_count() > 1 else {0})
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "CDS_LOG_LEVEL": "INFO"}
        env["CDS_DATABASE_URL"] = f"sqlite:///{folder}/bench.sqlite3"
        ports = free_port(), free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "-w", "1", "-k", "gthread", "--threads", "4"]
        echo = Server(
            "echo",
            [*gunicorn, "-b", f"127.0.0.1:{ports[0]}", "tests.bench.echo:app"],
            ports[0],
            env,
        )
        ours = Server(
            "ours",
            [sys.executable, "-m", "cds_service", "serve", "--port", str(ports[1])],
            ports[1],
            env,
        )
        try:
            report(echo, ours, options)
        finally:
            echo.stop()
            ours.stop()


def report(echo, ours, options):
    for kind, payloads in bodies().items():
        rounds = []
        for server in (echo, ours):
            drive(server.port, payloads, 1, 4)
        for _ in range(options.rounds):
            rounds.append([measure(server, payloads, options.seconds) for server in (echo, ours)])
        size = len(payloads[0]) // 1024
        print(f"{kind} ({size} kB), medians of {options.rounds} rounds")
        print(f"  {'':12}{'echo':>10}{'ours':>10}{'ratio':>8}")
        for figure in rounds[0][0]:
            floor = statistics.median(one[0][figure] for one in rounds)
            mine = statistics.median(one[1][figure] for one in rounds)
            ratio = statistics.median(one[1][figure] / one[0][figure] for one in rounds)
            goal = f"   goal {GOALS[kind]} or more" if figure == "throughput" else ""
            print(f"  {figure:12}{floor:10.2f}{mine:10.2f}{ratio:8.2f}{goal}")


if __name__ == "__main__":
    main()
