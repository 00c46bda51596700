CREATE TABLE dw.firm_year AS
WITH latest AS (
  SELECT r.uscc, r.name, r.region_code, r.industry_code, r.capital_cny,
    row_number() OVER (PARTITION BY r.uscc ORDER BY r.file_year DESC, r.loaded_at DESC) AS place
  FROM ods.registry AS r
  WHERE r.uscc IS NOT NULL
),
sales AS (
  SELECT i.seller_uscc, extract(YEAR FROM i.issued_on) AS year, sum(i.amount_cny) AS amount_cny,
    count(DISTINCT i.buyer_uscc) AS buyers
  FROM ods.invoice AS i
  WHERE i.state = 'valid'
  GROUP BY i.seller_uscc, extract(YEAR FROM i.issued_on)
)
SELECT l.uscc, upper(l.name) AS name, coalesce(g.name, 'unknown') AS region, l.industry_code, s.year,
  s.amount_cny, s.buyers, s.amount_cny / nullif(l.capital_cny, 0) AS turnover,
  CASE WHEN s.amount_cny > 20000000 THEN 'large' WHEN s.amount_cny > 5000000 THEN 'medium' ELSE 'small' END AS size
FROM latest AS l
LEFT JOIN sales AS s ON s.seller_uscc = l.uscc
LEFT JOIN dim.region AS g ON g.region_code = l.region_code
WHERE l.place = 1;

INSERT INTO dw.supply_link (supplier, buyer, product_code, amount_cny, share, first_on, last_on)
SELECT t.seller_uscc, t.buyer_uscc, t.product_code, t.amount_cny,
  t.amount_cny / sum(t.amount_cny) OVER (PARTITION BY t.buyer_uscc, t.product_code) AS share, t.first_on, t.last_on
FROM (
  SELECT i.seller_uscc, i.buyer_uscc, p.product_code, sum(i.amount_cny) AS amount_cny,
    min(i.issued_on) AS first_on, max(i.issued_on) AS last_on
  FROM ods.invoice AS i
  JOIN dim.tax_product AS p ON p.tax_code = i.tax_code
  WHERE i.state = 'valid' AND i.amount_cny > 0
  GROUP BY i.seller_uscc, i.buyer_uscc, p.product_code
) AS t;

CREATE VIEW dm.chain_risk AS
SELECT c.chain_id, f.uscc, f.name, f.region, x.events, x.worst,
  (SELECT avg(p.kwh) FROM ods.power AS p WHERE p.uscc = f.uscc) AS mean_kwh
FROM dim.chain_product AS c
JOIN dw.supply_link AS k ON k.product_code = c.product_code
JOIN dw.firm_year AS f ON f.uscc = k.supplier
LEFT JOIN (
  SELECT e.uscc, count(*) AS events, max(e.severity) AS worst
  FROM (SELECT a.uscc, a.severity FROM ods.court AS a UNION ALL SELECT b.uscc, b.severity FROM ods.penalty AS b) AS e
  GROUP BY e.uscc
) AS x ON x.uscc = f.uscc
WHERE f.year = 2025 AND k.share > 0.1;
