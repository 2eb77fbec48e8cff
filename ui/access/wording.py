"""The texts of the sign-in pages, in English and Simplified Chinese."""

from __future__ import annotations

from dataclasses import dataclass

from ..wording import pick_language


@dataclass(frozen=True, slots=True)
class SignInWording:
    code: str
    sign_in: str
    name: str
    password: str
    wrong: str
    too_many: str
    stale: str
    set_password: str
    for_name: str
    rule: str
    again: str
    differ: str
    bad_password: str
    link_used: str
    sign_out: str
    sign_out_ask: str


_ENGLISH = SignInWording(
    code="en",
    sign_in="Sign in",
    name="Name",
    password="Password",
    wrong="Name or password is wrong.",
    too_many="Too many attempts. Please wait 15 minutes.",
    stale="The form was open for too long. Please try again.",
    set_password="Set your password",
    for_name="Your name is",
    rule="At least 12 characters. Several words that do not belong together are good.",
    again="The password again",
    differ="The two passwords differ.",
    bad_password="This password is too short or too easy to guess.",
    link_used="This link cannot be used any more. Ask for a new one.",
    sign_out="Sign out",
    sign_out_ask="End this session?",
)
_CHINESE = SignInWording(
    code="zh-CN",
    sign_in="登录",
    name="用户名",
    password="密码",
    wrong="用户名或密码不正确。",
    too_many="尝试次数过多，请等待 15 分钟。",
    stale="页面打开时间过长，请重试。",
    set_password="设置密码",
    for_name="您的用户名是",
    rule="至少 12 个字符。可以用几个互不相关的词。",
    again="再次输入密码",
    differ="两次输入的密码不一致。",
    bad_password="密码太短或太容易被猜到。",
    link_used="此链接已失效，请索取新的链接。",
    sign_out="退出登录",
    sign_out_ask="要结束本次会话吗？",
)


def sign_in_wording(browser: str | None) -> SignInWording:
    """By the browser's ``Accept-Language``."""
    return _CHINESE if pick_language(browser) == "zh" else _ENGLISH
