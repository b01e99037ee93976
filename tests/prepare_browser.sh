#!/usr/bin/env bash
# Chromium for the browser tests: taken where found, else installed where that is allowed, else named as missing.
set -u
found() {
  [ -n "${CHROMIUM:-}" ] && [ -x "$CHROMIUM" ] && return 0
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  .venv/bin/python - <<'PY' >/dev/null 2>&1
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not os.path.exists(playwright.chromium.executable_path))
PY
}
found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium with apt-get"
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium; } >/dev/null
  found && exit 0
fi
echo "Installing Playwright's own Chromium"
.venv/bin/python -m playwright install chromium && found && exit 0
echo "One thing is missing: Chromium. Install it with your system's packages, or set CHROMIUM=/path/to/chromium" >&2
exit 1
