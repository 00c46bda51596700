-- model: subject.enterprise_product
-- title: 企业产品 | Products of enterprises
-- description: 企业生产、销售或服务的产品：示范、主营构成、经营范围三个来源，逐条带依据。 | What enterprises make, trade or serve, from curated facts, revenue tables and business scopes, each with its evidence.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: curated; ChainKnowledgeGraph 2021-10-26; business scopes of the company register
-- licence: per row
-- keys: enterprise_id, product_id
-- inputs: subject.enterprise, subject.product
-- optional: subject.industry (code text)
-- optional: raw.curated_enterprise_product (code text, product text, role text, share double, confidence double, observed date, source text)
-- optional: raw.chain_kg_company_product (company_code text, product_name text, rel_weight double)
-- column: enterprise_id | 企业标识 | Enterprise id
-- column: product_id | 产品标识 | Product id
-- column: role | 方式（make 生产、trade 销售、service 服务） | Role: make, trade or service
-- column: share | 收入占比 | Share of revenue
-- column: confidence | 置信度 | Confidence
-- column: evidence | 依据 | Evidence
-- column: source | 来源 | Source
-- column: observed_on | 观察日期 | Observed on
WITH firm AS (
  SELECT left(stock_code, 6) AS code6, min(enterprise_id) AS enterprise_id
  FROM subject.enterprise WHERE stock_code IS NOT NULL GROUP BY left(stock_code, 6)
),
alias AS (
  SELECT alias, min(product_id) AS product_id
  FROM (SELECT product_id, unnest(string_to_array(aliases, '|')) AS alias FROM subject.product WHERE aliases IS NOT NULL)
  GROUP BY alias
),
curated AS (
  SELECT f.enterprise_id, coalesce(a.product_id, p.product) AS product_id, min(p.role) AS role, max(p.share) AS share,
    max(coalesce(p.confidence, 0.9)) AS confidence, min(p.product) AS evidence, min(p.source) AS source,
    max(p.observed) AS observed_on
  FROM raw.curated_enterprise_product p
  JOIN firm f ON f.code6 = left(p.code, 6)
  LEFT JOIN alias a ON a.alias = p.product
  GROUP BY f.enterprise_id, coalesce(a.product_id, p.product)
),
-- Product and segment tables both appear, so the weights of a firm sum to 1 up to 4, and some are negative.
revenue AS (
  SELECT left(company_code, 6) AS code6, trim(product_name) AS product, max(rel_weight) AS weight
  FROM raw.chain_kg_company_product GROUP BY left(company_code, 6), trim(product_name)
),
total AS (
  SELECT code6, sum(weight) AS weight FROM revenue WHERE weight > 0 GROUP BY code6
),
sold AS (
  SELECT f.enterprise_id, coalesce(a.product_id, r.product) AS product_id, 'make' AS role,
    max(CASE WHEN r.weight > 0 THEN r.weight / greatest(t.weight, 1.0) END) AS share,
    max(CASE WHEN r.weight / greatest(t.weight, 1.0) >= 0.05 THEN 0.85 ELSE 0.7 END) AS confidence,
    min(r.product) AS evidence, 'ChainKnowledgeGraph 2021-10' AS source, DATE '2021-10-26' AS observed_on
  FROM revenue r
  JOIN firm f ON f.code6 = r.code6
  LEFT JOIN total t ON t.code6 = r.code6
  LEFT JOIN alias a ON a.alias = r.product
  GROUP BY f.enterprise_id, coalesce(a.product_id, r.product)
),
stated AS (
  SELECT enterprise_id, observed_on, CASE WHEN source = '模拟数据' THEN source ELSE '经营范围' END AS origin,
    unnest(scope_products(scope)) AS hit
  FROM subject.enterprise WHERE scope IS NOT NULL
),
sure AS (
  SELECT * FROM curated
  UNION ALL
  SELECT s.* FROM sold s
  LEFT ANTI JOIN curated c ON c.enterprise_id = s.enterprise_id AND c.product_id = s.product_id
)
SELECT enterprise_id, product_id, role, share, confidence, evidence, source, observed_on FROM sure
UNION ALL
SELECT s.enterprise_id, s.product_id, s.role, s.share, s.confidence, s.evidence, s.source, s.observed_on
-- The few that are sure are held in memory, what every scope states is not.
FROM sure k RIGHT ANTI JOIN (
  SELECT enterprise_id, hit['product'] AS product_id, hit['role'] AS role, CAST(NULL AS double) AS share,
    hit['confidence'] AS confidence, hit['evidence'] AS evidence, origin AS source, observed_on
  FROM stated
) s ON k.enterprise_id = s.enterprise_id AND k.product_id = s.product_id
