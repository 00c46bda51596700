-- name: a
-- key: b
SELECT