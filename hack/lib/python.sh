# Python packages for tests, in an environment of their own in the cache: Go's template engine to render the chart.
# shellcheck shell=bash

export PYTHON_PACKAGES="py-go-template==1.0.0 PyYAML==6.0.2 jsonschema==4.23.0"
python_folder() { echo "$SLUICE_CACHE/python-$(cksum <<<"$PYTHON_PACKAGES" | cut -d' ' -f1)"; }
python_path() { echo "$(python_folder)/bin/python"; }

prepare_python() {
    [[ -x $(python_path) ]] || with_lock "$SLUICE_CACHE/python.lock" prepare_python_alone
}

prepare_python_alone() {
    [[ -x $(python_path) ]] && return
    step "Python packages to render the chart" "$SLUICE_CACHE/log/python.log" unpack_python ||
        warn "no template engine: the tests of the chart will be skipped"
}

unpack_python() {
    local folder
    folder=$(python_folder)
    rm -rf "$folder.new"
    python3 -m venv "$folder.new"
    # shellcheck disable=SC2086
    "$folder.new/bin/python" -m pip install -q --disable-pip-version-check $PYTHON_PACKAGES
    rm -rf "$folder"
    # A virtual environment knows its own path only in scripts that we do not use.
    mv "$folder.new" "$folder"
}
