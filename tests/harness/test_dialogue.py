"""The dialogue runner itself: it must fail when the server says something else."""
import os
import socket
import tempfile
import threading
import unittest

import dialogue


def serve_once(script):
    """A server for one connection: script is a list of (bytes to wait for, bytes to say)."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work():
        conn, _ = listener.accept()
        seen = b""
        with conn, listener:
            for wanted, answer in script:
                while wanted not in seen:
                    data = conn.recv(4096)
                    if not data:
                        return
                    seen += data
                seen = seen.partition(wanted)[2] if wanted else seen
                conn.sendall(answer)

    threading.Thread(target=work, daemon=True).start()
    return listener.getsockname()[1]


class DialogueTest(unittest.TestCase):
    def talk(self, server, script, **variables):
        env = {"host": "127.0.0.1", "ports": {"x": serve_once(server)}}
        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
            file.write(script)
        self.addCleanup(os.unlink, file.name)
        return dialogue.run_script(file.name, env, variables)

    def test_lines_wildcards_and_end(self):
        why = self.talk([(b"", b"220 hi there\r\n"), (b"A\r\n", b"250 a*b\r\n")],
                        "@connect x\nS: 220 *\nC: A\nS: 250 a\\*b\n@eof\n")
        self.assertIsNone(why)

    def test_another_line_fails_and_is_shown(self):
        why = self.talk([(b"", b"220 hi\r\n")], "# c\n@connect x\nS: 221 *\n")
        self.assertIn("line 3: S: 221 *", why)
        self.assertIn("came 220 hi", why)

    def test_star_does_not_hide_the_rest(self):
        self.assertIsNotNone(self.talk([(b"", b"220 hi x\r\n")], "@connect x\nS: 220 * y\n"))

    def test_leading_star_is_a_star(self):
        self.assertIsNotNone(self.talk([(b"", b"x OK\r\n")], "@connect x\nS: * OK\n"))
        self.assertIsNone(self.talk([(b"", b"* OK\r\n")], "@connect x\nS: * OK\n"))

    def test_bare_line_feed_of_the_server_fails(self):
        self.assertIn("without CR", self.talk([(b"", b"hi\n")], "@connect x\nS: hi\n"))

    def test_variables_base64_and_capture(self):
        why = self.talk([(b"AGEAYg==\r\n", b"id=<q7> ok\r\n"), (b"q7\r\n", b"1\r\n")],
                        "@connect x\n@b64 r \\0${name}\\0b\nC: ${r}\nS: id=<<<id>>> ok\n"
                        "C: ${id}\nS: 1\n", name="a")
        self.assertIsNone(why)

    def test_any_order_and_skipping(self):
        why = self.talk([(b"", b"b\r\na\r\nn\r\nend\r\n")],
                        "@connect x\nS| a\nS| b\nS~ end\n")
        self.assertIsNone(why)
        self.assertIsNotNone(self.talk([(b"", b"b\r\nc\r\n")], "@connect x\nS| a\nS| b\n"))

    def test_raw_bytes_repeat_and_fill(self):
        why = self.talk([(b"x\nx\nabab\r\n", b"12"), (b"", b"3\r\n")],
                        "@connect x\n@repeat 2\nC+ x\\n\n@end\n@fill 2 ab\nC+ \\r\\n\n"
                        "R: 123\\r\\n\n@eof\n")
        self.assertIsNone(why)

    def test_end_and_silence_can_fail(self):
        self.assertIsNotNone(self.talk([(b"", b"late\r\n")], "@connect x\n@eof\n"))
        self.assertIsNotNone(self.talk([(b"", b"late\r\n")], "@connect x\n@quiet 500\n"))
        self.assertIsNotNone(self.talk([(b"", b"")], "@connect x\n@quiet 500\n"))
        self.assertIsNotNone(self.talk([(b"", b"")], "@connect x\nS: *\n"))


if __name__ == "__main__":
    unittest.main()
