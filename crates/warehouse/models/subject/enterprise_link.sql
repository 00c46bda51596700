-- model: subject.enterprise_link
-- title: 企业供需 | Supply links of enterprises
-- description: 谁向谁供货：示范（供应商披露）、新闻事实、发票汇总。披露方只看到自己的记录。 | Who supplies whom: curated disclosures, dated news facts, invoices summed. A disclosing firm sees its own rows.
-- owner: 数据提供企业
-- side: enterprise
-- grade: general3
-- restricted_by: owner_id
-- source: curated; ICKG-25; SME invoices (CUMCM 2020 C); simulated, where a row says so
-- licence: per row
-- keys: supplier_id, customer_id, product_id
-- inputs: subject.enterprise
-- optional: raw.curated_enterprise_link (supplier text, customer text, product text, observed date, confidence double, source text)
-- optional: raw.ickg25 (date date, head text, relation text, tail text)
-- optional: raw.sme_invoice_input (enterprise text, invoiced_on date, seller text, amount_cny double, state text)
-- optional: raw.sme_invoice_output (enterprise text, invoiced_on date, buyer text, amount_cny double, state text)
-- optional: raw.simulated_link (supplier_uscc text, buyer_uscc text, product text, observed_on date, yearly_amount_cny double)
-- column: supplier_id | 供应商 | Supplier | general2
-- column: customer_id | 客户 | Customer | general2
-- column: product_id | 产品 | Product | general2
-- column: amount_cny | 金额（元，已扣红字） | Amount, net of reversals | general3 | CNY
-- column: estimated | 是否估计 | Estimated | general1
-- column: confidence | 置信度 | Confidence | general1
-- column: source | 来源 | Source | general1
-- column: observed_on | 观察日期 | Observed on | general1
-- column: owner_id | 披露方 | Disclosing firm | general2
WITH coded AS (
  SELECT left(stock_code, 6) AS code6, min(enterprise_id) AS enterprise_id
  FROM subject.enterprise WHERE stock_code IS NOT NULL GROUP BY left(stock_code, 6)
),
called AS (
  SELECT name, min(enterprise_id) AS enterprise_id FROM (
    SELECT short_name AS name, enterprise_id FROM subject.enterprise WHERE short_name IS NOT NULL
    UNION ALL
    SELECT name, enterprise_id FROM subject.enterprise WHERE stock_code IS NOT NULL
  ) GROUP BY name
),
curated AS (
  SELECT coalesce(s.enterprise_id, 'code:' || l.supplier) AS supplier_id,
    coalesce(c.enterprise_id, 'code:' || l.customer) AS customer_id, l.product AS product_id,
    coalesce(l.confidence, 0.8) AS confidence, l.source, l.observed AS observed_on
  FROM raw.curated_enterprise_link l
  LEFT JOIN coded s ON s.code6 = left(l.supplier, 6)
  LEFT JOIN coded c ON c.code6 = left(l.customer, 6)
),
news AS (
  SELECT coalesce(s.enterprise_id, 'name:' || company_name_key(f.head)) AS supplier_id,
    coalesce(c.enterprise_id, 'name:' || company_name_key(f.tail)) AS customer_id, f.date AS observed_on
  FROM raw.ickg25 f
  LEFT JOIN called s ON s.name = trim(f.head)
  LEFT JOIN called c ON c.name = trim(f.tail)
  WHERE f.relation = '供给'
),
-- Void invoices never happened; negative ones take back an earlier one and are summed with it.
invoice AS (
  SELECT 'sme:' || seller AS supplier_id, 'sme:' || enterprise AS customer_id, 'sme:' || enterprise AS owner_id,
    amount_cny, invoiced_on
  FROM raw.sme_invoice_input WHERE state = '有效发票'
  UNION ALL
  SELECT 'sme:' || enterprise AS supplier_id, 'sme:' || buyer AS customer_id, 'sme:' || enterprise AS owner_id,
    amount_cny, invoiced_on
  FROM raw.sme_invoice_output WHERE state = '有效发票'
)
SELECT supplier_id, customer_id, product_id, CAST(NULL AS double) AS amount_cny, false AS estimated, confidence,
  source, observed_on, supplier_id AS owner_id
FROM curated
UNION ALL
SELECT supplier_id, customer_id, NULL AS product_id, CAST(NULL AS double) AS amount_cny, false AS estimated,
  0.7 AS confidence, 'ICKG-25' AS source, max(observed_on) AS observed_on, NULL AS owner_id
FROM news
WHERE supplier_id <> customer_id
GROUP BY supplier_id, customer_id
UNION ALL
SELECT supplier_id, customer_id, NULL AS product_id, sum(amount_cny) AS amount_cny, false AS estimated,
  1.0 AS confidence, '增值税发票汇总' AS source, max(invoiced_on) AS observed_on, owner_id
FROM invoice
GROUP BY supplier_id, customer_id, owner_id
HAVING sum(amount_cny) > 0
UNION ALL
SELECT supplier_uscc AS supplier_id, buyer_uscc AS customer_id, product AS product_id,
  sum(yearly_amount_cny) AS amount_cny, false AS estimated, 1.0 AS confidence, '模拟数据' AS source,
  max(observed_on) AS observed_on, supplier_uscc AS owner_id
FROM raw.simulated_link
GROUP BY supplier_uscc, buyer_uscc, product
