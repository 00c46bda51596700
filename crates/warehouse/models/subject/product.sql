-- model: subject.product
-- title: 产品 | Products
-- description: 规范产品名及别名、拼音、行业类别；编辑整理的优先，其次登记用语词典，再次图谱。 | Canonical product names with aliases, pinyin and industry class; curated first, then the register's terms, then the graph.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: curated; registry terms; ChainKnowledgeGraph 2021-10-26
-- licence: per row
-- keys: product_id
-- inputs: builtin.product
-- optional: raw.curated_product (product text, name_en text, aliases text, gbt4754 text)
-- optional: raw.curated_product_link (observed date)
-- optional: raw.chain_kg_product (name text)
-- optional: raw.chain_kg_company_product (company_code text, product_name text, rel_weight double)
-- optional: raw.chain_kg_product_product (from_entity text, to_entity text, rel text)
-- column: product_id | 产品标识 | Product id
-- column: name | 名称 | Name
-- column: name_en | 英文名称 | English name
-- column: pinyin_initials | 拼音首字母 | Pinyin initials
-- column: aliases | 别名（竖线分隔） | Aliases, separated by bars
-- column: industry_code | 行业代码 | Industry code
-- column: is_food | 是否食品菜肴 | Whether it is a dish or food
-- column: curated | 是否编辑整理 | Whether it is curated
-- column: source | 来源 | Source
-- column: observed_on | 观察日期 | Observed on
WITH alias AS (
  SELECT DISTINCT a.alias
  FROM (SELECT unnest(string_to_array(aliases, '|')) AS alias FROM raw.curated_product) a
  LEFT ANTI JOIN raw.curated_product p ON p.product = a.alias
),
sold AS (
  SELECT DISTINCT trim(product_name) AS name FROM raw.chain_kg_company_product
),
term AS (
  SELECT trim(product) AS name, name_en, aliases, gbt4754 AS industry_code, 1 AS rank FROM raw.curated_product
  UNION ALL
  SELECT t.name, t.name_en, NULL AS aliases, t.industry_code, 2 AS rank
  FROM builtin.product t LEFT ANTI JOIN alias a ON a.alias = t.name
  UNION ALL
  SELECT g.name, NULL AS name_en, NULL AS aliases, NULL AS industry_code, 3 AS rank
  FROM (
    SELECT trim(name) AS name FROM raw.chain_kg_product
    UNION
    SELECT name FROM sold
    UNION
    SELECT trim(from_entity) AS name FROM raw.chain_kg_product_product
    UNION
    SELECT trim(to_entity) AS name FROM raw.chain_kg_product_product
  ) g
  LEFT ANTI JOIN alias a ON a.alias = g.name
),
merged AS (
  SELECT
    name,
    max(name_en) AS name_en,
    max(aliases) AS aliases,
    coalesce(max(CASE WHEN rank = 1 THEN industry_code END), max(industry_code)) AS industry_code,
    min(rank) AS rank
  FROM term
  WHERE name <> '' AND char_length(name) <= 60
  GROUP BY name
)
SELECT
  m.name AS product_id,
  m.name,
  m.name_en,
  pinyin_initials(m.name) AS pinyin_initials,
  m.aliases,
  m.industry_code,
  -- The encyclopedia behind the graph is full of recipes: a dish is what ends like one and no listed firm sells.
  m.rank = 3 AND s.name IS NULL AND regexp_like(
    m.name,
    '(汤|粥|饭|面|饼|糕|羹|菜|炒|煲|煮|焖|烧|蒸|煎|炖|卤|拌|烩|烤|炸|焗|沙拉|馒头|包子|包|饺|饺子|馄饨|饺皮|丸子|豆腐|豆花|豆浆|奶昔|曲奇|布丁|果冻|慕斯|披萨|寿司|三明治|汉堡|吐司|蛋挞|鸡|鸭|鹅|鱼|虾|蟹|肉|排骨|猪蹄|肘子|牛腩|羊排|蛋|茶|饮|酒|果汁|奶茶|咖啡|冰沙|泡菜|咸菜|丁|丝|片|块|卷|串|丸|散|膏|糖|酥|粉丝|米线|凉皮|粽|月饼|汤圆|元宵)$'
  ) AND regexp_like(
    m.name,
    '(汤|粥|饭|糕|饼|羹|菜|炒|煲|煮|焖|烧|蒸|煎|炖|卤|拌|烩|烤|炸|焗|沙拉|馒头|包子|饺|馄饨|豆腐|豆花|豆浆|奶昔|曲奇|布丁|果冻|慕斯|披萨|寿司|三明治|汉堡|吐司|蛋挞|鸡|鸭|鹅|鱼|虾|蟹|肉|排骨|猪蹄|肘|牛腩|羊|蛋|奶茶|咖啡|冰沙|粽|汤圆|元宵|麻辣|红烧|清蒸|糖醋|凉|香菇|木耳|土豆|萝卜|白菜|茄子|黄瓜|番茄|西红柿|豆角|莲藕|枸杞|红枣|银耳|百合|薏米|绿豆|红豆|山药|南瓜|芝麻|核桃|花生|葱|蒜|姜|椒|面$)'
  ) AS is_food,
  m.rank = 1 AS curated,
  CASE m.rank WHEN 1 THEN '编辑整理' WHEN 2 THEN '登记用语词典' ELSE 'ChainKnowledgeGraph 2021-10' END AS source,
  CASE m.rank
    WHEN 1 THEN (SELECT max(observed) FROM raw.curated_product_link)
    WHEN 3 THEN DATE '2021-10-26'
  END AS observed_on
FROM merged m
LEFT JOIN sold s ON s.name = m.name
ORDER BY m.rank, m.name
