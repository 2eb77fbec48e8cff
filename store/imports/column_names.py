"""What shops call their columns: our field -> other names of it, in English and Chinese, for guessing a mapping."""

from __future__ import annotations

from collections.abc import Mapping

_CUSTOMER = (
    "customer",
    "user_id",
    "user",
    "client_id",
    "buyer_id",
    "reviewer_id",
    "member_id",
    # The import finds the customer with this mail address.
    "customer_email",
    "reviewer_email",
    "user_email",
    "buyer_email",
    "email",
    "邮箱",
    "顾客",
    "用户ID",
    "用户",
    "会员号",
    "买家",
)
_PRODUCT = (
    "product",
    "item_id",
    "item",
    "sku",
    "asin",
    "article",
    "article_number",
    "stock_code",
    "goods_id",
    "handle",
    "product_sku",
    "商品ID",
    "商品编号",
    "商品",
)
_TIME = ("timestamp", "time", "date", "datetime", "created", "时间", "日期", "时间戳")

MEANINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "products": {
        "id": (
            "product_id",
            "item_id",
            "sku",
            "asin",
            "article_number",
            "stock_code",
            "handle",
            "商品ID",
            "商品编号",
            "货号",
        ),
        "title": ("name", "product_name", "product_title", "item_name", "product", "商品名称", "标题", "名称"),
        "description": ("body", "details", "product_description", "text", "描述", "商品描述", "详情"),
        "brand": ("vendor", "manufacturer", "maker", "品牌"),
        "category_path": ("category", "categories", "product_type", "type", "department", "类别", "分类", "类目"),
        "price": (
            "unit_price",
            "retail_price",
            "sale_price",
            "price_eur",
            "price_usd",
            "amount",
            "价格",
            "售价",
            "单价",
        ),
        "cost": ("unit_cost", "purchase_price", "cost_price", "成本", "进价"),
        "stock": ("quantity", "inventory", "qty", "on_hand", "stock_level", "库存", "数量"),
        "currency": ("price_currency", "币种", "货币"),
        "variant_id": ("variant", "规格ID"),
        "image": ("image_url", "picture", "photo", "image_src", "图片"),
    },
    "customers": {
        "id": ("customer_id", "customer", "user_id", "client_id", "member_id", "顾客ID", "用户ID", "会员号"),
        "first_name": ("firstname", "given_name", "forename", "名"),
        "last_name": ("lastname", "surname", "family_name", "姓"),
        "email": ("e_mail", "mail", "email_address", "邮箱", "电子邮件"),
        "phone": ("telephone", "mobile", "phone_number", "电话", "手机"),
        "language": ("locale", "lang", "语言"),
        "country": ("country_code", "国家"),
        "created_at": ("registered_at", "signup_date", "created", "joined", "注册时间"),
        "consent_email": ("newsletter", "accepts_marketing", "marketing_consent"),
    },
    "orders": {
        "id": (
            "order_id",
            "order",
            "order_number",
            "order_no",
            "invoice",
            "invoice_no",
            "transaction_id",
            "订单号",
            "订单编号",
            "订单ID",
        ),
        "customer_id": _CUSTOMER,
        "placed_at": (
            "order_date",
            "ordered_at",
            "invoice_date",
            "purchase_date",
            "created_at",
            "下单时间",
            "订单时间",
            *_TIME,
        ),
        "status": ("order_status", "state", "状态", "订单状态"),
        "currency": ("币种", "货币"),
        "product_id": _PRODUCT,
        "title": ("product_name", "item_name", "description", "商品名称", "名称"),
        "quantity": ("qty", "count", "pieces", "units", "数量", "件数"),
        "unit_price": ("price", "item_price", "price_each", "单价", "价格"),
        "shipping": ("shipping_cost", "shipping_fee", "freight", "运费"),
        "discount": ("discount_amount", "rebate", "优惠", "折扣"),
        "tax": ("vat", "taxes", "税"),
    },
    "reviews": {
        "id": ("review_id", "评价ID", "评论ID"),
        "product_id": _PRODUCT,
        "customer_id": _CUSTOMER,
        "stars": ("rating", "score", "overall", "星级", "评分"),
        "title": ("summary", "headline", "review_title", "标题"),
        "text": (
            "review",
            "review_text",
            "comment",
            "body",
            "content",
            "review_body",
            "feedback",
            "评论",
            "评价",
            "评价内容",
            "内容",
        ),
        "written_at": ("review_date", "reviewed_at", "评价时间", "评论时间", *_TIME),
        "language": ("lang", "语言"),
        "helpful_votes": ("helpful", "votes", "helpful_count"),
        "verified": ("verified_purchase",),
    },
    "events": {
        "kind": (
            "event",
            "event_type",
            "event_name",
            "behavior",
            "behaviour",
            "behavior_type",
            "action",
            "type",
            "行为",
            "行为类型",
        ),
        "at": ("event_time", "occurred_at", "created_at", "ts", *_TIME),
        "customer_id": _CUSTOMER,
        "anonymous_id": ("visitor_id", "visitor", "cookie_id", "device_id", "访客ID"),
        "visit_id": ("session_id", "session", "user_session", "visit", "会话"),
        "product_id": _PRODUCT,
        "order_id": ("order", "transaction_id", "订单号"),
        "quantity": ("qty", "数量"),
        "value": ("price", "amount", "revenue", "金额", "价格"),
        "query": ("search_term", "search_query", "keyword", "搜索词"),
    },
}
"""Kind -> field -> other names, the likeliest first. Of two fields that could be one column the first takes it."""

FIRST: Mapping[str, tuple[str, ...]] = {"product_id": ("product_handle",)}
"""Names that come before the field's own: Shopify's products are known by their handle, and files of its review tools
have an inner number, or nothing, under ``product_id``."""

VALUES: Mapping[str, dict[str, dict[str, str]]] = {
    "events": {
        "kind": {
            "pv": "view",
            "page_view": "view",
            "product_view": "view",
            "view_item": "view",
            "click": "view",
            "cart": "cart_add",
            "add_to_cart": "cart_add",
            "addtocart": "cart_add",
            "remove_from_cart": "cart_remove",
            "begin_checkout": "checkout_start",
            "checkout": "checkout_start",
            "buy": "purchase",
            "order": "purchase",
            "transaction": "purchase",
            "view_search_results": "search",
        }
    }
}
"""Kind -> field -> {a value that other systems write: ours}."""


def plain_name(name: str) -> str:
    """The name without case, blanks and signs: ``Order ID`` and ``order_id`` are the same."""
    return "".join(char for char in name.casefold() if char.isalnum())
