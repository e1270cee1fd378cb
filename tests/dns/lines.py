"""`mailstead check lines` in several processes: many requests, answers in order."""
import concurrent.futures
import json
import pathlib
import subprocess

PATIENCE = 120


class Lines:
    def __init__(self, build, processes):
        self.program, self.processes, self.resolver = pathlib.Path(build) / "mailstead", processes, None

    def run(self, requests):
        command = [str(self.program), "check", "lines"] + (["--resolver", self.resolver] if self.resolver else [])
        done = subprocess.run(command, input="".join(json.dumps(r) + "\n" for r in requests).encode(), capture_output=True,
                              timeout=PATIENCE, check=False)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if len(answers) != len(requests):
            raise RuntimeError(done.stderr.decode(errors="replace")[-3000:])
        return answers

    def ask_all(self, requests):
        """The requests are dealt out like cards, so that slow ones do not meet in one process."""
        hands = [requests[i::self.processes] for i in range(self.processes)]
        with concurrent.futures.ThreadPoolExecutor(self.processes) as pool:
            answers = list(pool.map(self.run, hands))
        return [answers[i % self.processes][i // self.processes] for i in range(len(requests))]
