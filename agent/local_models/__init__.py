"""Language models that run in this process: found on this machine, asked by LangChain's loop, fine-tuned by adapters.

``chat_model`` answers; ``files`` finds the weights; ``prompting`` turns messages into tokens and ``replies`` turns
what was written back into a message; ``dialogues``, ``examples`` and ``adapters`` are ``beforehand train chat``.
"""
