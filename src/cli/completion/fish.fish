# Completion of PRODUCT for fish. Load it with: PRODUCT completion fish | source
# or save it as ~/.config/fish/completions/PRODUCT.fish

function __PRODUCT_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l flag (string match -r -- '^-[^=]*=' "$current")
    for line in (command $before[1] completion words -- $before[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files'
                for path in (__fish_complete_path (string replace -- "$flag" '' "$current"))
                    echo "$flag$path"
                end
            case ':folders'
                for path in (__fish_complete_directories (string replace -- "$flag" '' "$current"))
                    echo "$flag$path"
                end
            case '*'
                echo $line
        end
    end
end

complete -c PRODUCT -f -a '(__PRODUCT_complete)'
