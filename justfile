# What CI runs beside the tests; `.ci/run` calls `./tests/run` and then `just ci` (or the same lines
# where just is not installed).

# Everything that must be clean.
ci: fmt clippy docs deny unused spelling

fmt:
    cargo fmt --all --check

clippy:
    cargo clippy --workspace --all-targets -- -D warnings

docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Advisories need a database from the network and are looked at by hand; the rest holds offline.
deny:
    if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; else echo "cargo-deny is not installed: bans, licenses and sources are not checked"; fi

# Dependencies that nothing uses.
unused:
    if command -v cargo-machete >/dev/null; then cargo machete; else echo "cargo-machete is not installed: unused dependencies are not looked for"; fi

# English words, in code and documents.
spelling:
    if command -v typos >/dev/null; then typos; else echo "typos is not installed: spelling is not checked"; fi

# All tests, with what they need.
test:
    ./tests/run

# The benches, one after another; their figures go to docs/benchmarks.md.
bench:
    cargo bench --workspace
