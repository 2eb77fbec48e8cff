"""An OpenAI-compatible server on loopback that follows a script: a language model for tests, without a language model.

A script is a function from the messages so far (as the server got them) to the next message. Nothing of the built-in
model is used here.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Messages = list[dict[str, Any]]
Answer = str | tuple[str, dict[str, Any] | str] | int | float | bytes
"""A text, a tool call (name, arguments; a string as it stands), an HTTP error status (int), seconds to keep silent
(float), or the beginning of an answer behind which the connection breaks (bytes). A text that ends with an ellipsis is
one that was cut off at its length."""
Script = Callable[[Messages], Answer]


class ScriptedServer:
    """Runs until closed; ``requests`` are the bodies it was sent."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.script: Script = lambda messages: "Nothing is scripted."
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(body)
                self._send(outer.script(body["messages"]))

            def _send(self, answer: Answer) -> None:
                if isinstance(answer, float):
                    time.sleep(answer)
                    answer = "Too late."
                if isinstance(answer, int):
                    self._write(answer, {"error": {"message": "scripted failure", "type": "server_error"}})
                    return
                if isinstance(answer, bytes):
                    self._break_off(answer)
                    return
                message: dict[str, Any] = {"role": "assistant", "content": answer if isinstance(answer, str) else None}
                if isinstance(answer, tuple):
                    arguments = answer[1] if isinstance(answer[1], str) else json.dumps(answer[1])
                    function = {"name": answer[0], "arguments": arguments}
                    call = {"id": f"call_{len(outer.requests)}", "type": "function", "function": function}
                    message["tool_calls"] = [call]
                cut_off = isinstance(answer, str) and answer.endswith("…")
                choice = {"index": 0, "message": message, "finish_reason": "length" if cut_off else "stop"}
                usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
                self._write(
                    200,
                    {
                        "id": "1",
                        "object": "chat.completion",
                        "created": 0,
                        "model": "scripted",
                        "choices": [choice],
                        "usage": usage,
                    },
                )

            def _write(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except BrokenPipeError:
                    pass  # the client did not wait; that is what some tests are about

            def _break_off(self, content: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content) + 1000))
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def question(messages: Messages) -> str:
    """What the customer asked last."""
    return next(str(one["content"]) for one in reversed(messages) if one["role"] == "user")


def results(messages: Messages) -> list[Any]:
    """Results of the tools called since then."""
    asked = max(at for at, one in enumerate(messages) if one["role"] == "user")
    return [json.loads(one["content"]) for one in messages[asked:] if one["role"] == "tool"]


Step = tuple[str, dict[str, Any]] | Callable[[list[Any]], str]


def follow(plans: dict[str, list[Step]]) -> Script:
    """A script from plans: per question the tool calls in order, and last a function from results to reply."""

    def script(messages: Messages) -> Answer:
        plan, found = plans[question(messages)], results(messages)
        step = plan[len(found)]
        return step(found) if callable(step) else step

    return script
