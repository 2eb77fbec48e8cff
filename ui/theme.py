"""The page's colours and type as a Gradio theme: warm paper, one quiet green. System fonts only; nothing is loaded."""

from __future__ import annotations

from typing import Any

from .quiet import no_telemetry

_FONTS = (
    "ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Helvetica Neue", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Arial", "sans-serif",
)  # fmt: skip
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def build_theme() -> Any:
    """Gradio's plainest theme in our colours, for light and dark."""
    no_telemetry()
    import gradio as gr

    green = gr.themes.Color(
        c50="#eef6f4", c100="#d6ebe6", c200="#b0d8cf", c300="#82bfb2", c400="#52a291", c500="#2f8577",
        c600="#226b60", c700="#1c564e", c800="#17443e", c900="#123630", c950="#0a211d",
    )  # fmt: skip
    sand = gr.themes.Color(
        c50="#faf8f4", c100="#f3efe8", c200="#e6e0d5", c300="#d2cabb", c400="#a9a091", c500="#7d7568",
        c600="#5f584e", c700="#443f38", c800="#2b2824", c900="#1e1c19", c950="#151412",
    )  # fmt: skip
    return gr.themes.Base(
        primary_hue=green, secondary_hue=green, neutral_hue=sand, font=_FONTS, font_mono=_MONO, radius_size="lg"
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_800",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="*neutral_900",
        block_background_fill="#ffffff",
        block_background_fill_dark="*neutral_900",
        block_border_color="*neutral_200",
        block_border_color_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        input_background_fill="#ffffff",
        input_background_fill_dark="*neutral_900",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_600",
        block_title_text_color_dark="*neutral_300",
    )
