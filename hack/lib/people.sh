# The people of the demo: alice, bob, carol and dave, each with an SSH ed25519 key to sign commits with.
# shellcheck shell=bash

SLUICE_PEOPLE="alice bob carol dave"

# create_people FOLDER: keys in FOLDER/NAME and FOLDER/NAME.pub, and FOLDER/allowed_signers with their names.
create_people() {
    local folder=$1 person
    mkdir -m 700 -p "$folder"
    for person in $SLUICE_PEOPLE; do
        [[ -e $folder/$person ]] || ssh-keygen -q -t ed25519 -N '' -C "$person@company.example" -f "$folder/$person"
    done
    for person in $SLUICE_PEOPLE; do
        echo "$person namespaces=\"git\" $(cut -d' ' -f1,2 "$folder/$person.pub")"
    done >"$folder/allowed_signers"
}

# git_as FOLDER PERSON GIT-ARGUMENT...: git under a person's name, whose commits carry that person's signature.
# PERSON:unsigned leaves the signature out; ci, or any other name without a key, has none anyway.
git_as() {
    local folder=$1 person=${2%:unsigned} signing=()
    if [[ $2 == "$person" && -e $folder/$person ]]; then
        signing=(-c gpg.format=ssh -c "user.signingKey=$folder/$person.pub" -c commit.gpgSign=true)
    fi
    shift 2
    git -c "user.name=$person" -c "user.email=$person@company.example" -c commit.gpgSign=false "${signing[@]}" "$@"
}
