//! Files as byte streams: plain, gzip, zstd, folders.
