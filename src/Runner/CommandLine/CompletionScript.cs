namespace DataflowRlhf.Runner.CommandLine;

/// <summary>What a shell loads to complete <c>rlhf</c>; each asks the program that stands on the line.</summary>
internal static class CompletionScript
{
    /// <remarks>Bash parts words at = and : as well; what it has before them is taken off the answer.</remarks>
    public const string Bash = """
        # rlhf completion for bash:  source <(rlhf completion bash)
        _rlhf() {
            local line=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]} word lead value
            program=${program/#\~/$HOME}
            word=${line##*[[:space:]]}
            lead=${word%"${word##*[=:]}"}
            COMPREPLY=()
            while IFS=$'\t' read -r value _; do
                value=${value#"$lead"}
                case $word in
                    *[\'\"]*) ;;
                    *) printf -v value %q "$value" ;;
                esac
                COMPREPLY+=("$value")
            done < <("$program" "[suggest:${#line}]" "$line" 2>/dev/null)
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/.] ]]; then
                compopt -o nospace 2>/dev/null
            fi
        }
        complete -F _rlhf rlhf ./rlhf

        """;

    public const string Zsh = """
        #compdef rlhf
        # rlhf completion for zsh:  source <(rlhf completion zsh), or a file named _rlhf in a folder of $fpath
        _rlhf() {
            local line="${(j: :)words[1,CURRENT]}" program="${words[1]/#\~/$HOME}" one
            local -a open closed
            for one in "${(@f)$("$program" "[suggest:${#line}]" "$line" 2>/dev/null)}"; do
                one="${one%%$'\t'*}"
                case "$one" in
                    '') ;;
                    *[=/.]) open+=("$one") ;;
                    *) closed+=("$one") ;;
                esac
            done
            (( ${#open} )) && compadd -S '' -- "${open[@]}"
            (( ${#closed} )) && compadd -- "${closed[@]}"
            (( ${#open} + ${#closed} ))
        }
        if (( $+functions[compdef] )); then
            compdef _rlhf rlhf
        fi

        """;

    public const string Fish = """
        # rlhf completion for fish:  rlhf completion fish | source
        function __rlhf_complete
            set -l line (commandline -cp)
            set -l words (commandline -opc)
            set -l program (string replace -r '^~' $HOME -- $words[1])
            $program "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c rlhf -f -a '(__rlhf_complete)'

        """;
}
