function __scalinglaws_candidates
    set -l words (commandline -opc)
    set -e words[1]
    for one in (sh -c '@CORE@' sh $words (commandline -ct | string collect --allow-empty))
        if test "$one" = /files
            __fish_complete_path (commandline -ct)
        else
            echo $one
        end
    end
end
complete -c scalinglaws -f -a '(__scalinglaws_candidates)'
