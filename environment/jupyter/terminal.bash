# What bash reads in a terminal of JupyterLab: one's own settings, then, in an exercise's folder, the values that its
# commands have.
# shellcheck source=/dev/null
[ -f ~/.bashrc ] && . ~/.bashrc

drydock_values() {
    # shellcheck source=/dev/null
    [ -f "${DRYDOCK_WORKSPACE:-}/.drydock/values.sh" ] && . "$DRYDOCK_WORKSPACE/.drydock/values.sh"
}

PROMPT_COMMAND="drydock_values${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
