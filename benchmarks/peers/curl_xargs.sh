#!/bin/sh
# xargs and curl: a list of all documents, then a process for each of three steps, sixteen documents at a time.
#   curl_xargs.sh URL FOLDER DOCUMENTS     where DOCUMENTS has a line "dossier document" for each
set -eu
URL=$1 FOLDER=$2
export URL FOLDER
xargs -P 16 -L 1 sh -c '
  curl -sSf -H "Authorization: Bearer token" -o "$FOLDER/$0/$1.part" "$URL/v1/documents/$1/content" &&
  mv "$FOLDER/$0/$1.part" "$FOLDER/$0/$1.xml" &&
  curl -sSf -H "Authorization: Bearer token" -H "Content-Type: application/json" -o /dev/null \
    -d "{\"documents\":[{\"id\":\"$1\",\"version\":\"1\",\"status\":\"forwarded\"}]}" "$URL/v1/documents/status"
' < "$3"
