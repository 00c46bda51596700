-- model: subject.{{industry}}_order
-- title: {{title}}：订单 | {{title}}: orders
-- description: 订单及交付，每个订单号一行。 | Orders and their delivery, one row per number.
-- owner: 产业大脑运营方
-- side: enterprise
-- grade: general3
-- restricted_by: seller_id
-- source: raw.{{industry}}_order
-- licence: 按数据提供协议
-- keys: order_id
-- inputs: raw.{{industry}}_order
-- tags: {{industry}}, restricted
-- freshness: ordered_on, warn 45d, fail 120d
-- test: unique(order_id)
-- test: not_null(seller_id)
-- test: expression(amount_cny >= 0 AND ordered_on <= due_on)
-- test: warn expression(ordered_on <= delivered_on)
-- column: order_id | 订单标识 | Order id
-- column: seller_id | 卖方标识 | Seller id
-- column: buyer_id | 买方标识 | Buyer id
-- column: product_id | 产品标识 | Product id
-- column: quantity | 数量 | Quantity
-- column: unit | 计量单位 | Unit
-- column: amount_cny | 金额 | Amount | | CNY
-- column: ordered_on | 下单日期 | Ordered on
-- column: due_on | 交付期限 | Due on
-- column: delivered_on | 交付日期 | Delivered on
-- column: late | 是否逾期 | Whether it was late
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY seller_uscc, order_no ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_order r
  ) WHERE place = 1
)
SELECT
  l.seller_uscc || '/' || l.order_no AS order_id, l.seller_uscc AS seller_id, l.buyer_uscc AS buyer_id,
  trim(l.product) AS product_id, l.quantity, l.unit, l.amount AS amount_cny, l.ordered_on, l.due_on, l.delivered_on,
  -- What is not delivered yet is neither late nor in time.
  l.delivered_on > l.due_on AS late
FROM latest l
