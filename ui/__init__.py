"""What people see and type: the page in the browser and the command line.

Comes in: what a customer or the merchant does. Goes out: HTML, terminal output, JSON. It knows the shop only through
``beforehand.Shop``. Importing the package loads neither Gradio nor a model.
"""

from .command_line import main

__all__ = ["main"]
