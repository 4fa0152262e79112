# Prints `URI SUITE KEYRING` (keyring `-` where none is named) for every enabled binary source that has
# the component main, from files in either of apt's formats: *.sources are stanzas, others lines.

function flush_stanza(   u, s, i, j, uris, suites) {
  if (types ~ /(^| )deb( |$)/ && components ~ /(^| )main( |$)/ && enabled !~ /^(no|false|0)$/) {
    u = split(stanza_uris, uris, " "); s = split(stanza_suites, suites, " ")
    for (i = 1; i <= u; i++) for (j = 1; j <= s; j++) print uris[i], suites[j], keyring
  }
  types = components = enabled = stanza_uris = stanza_suites = ""; keyring = "-"
}

function field_value(line) { sub(/^[^:]*:[ \t]*/, "", line); gsub(/[ \t]+/, " ", line); return line }

function one_line(   i, key, uri, suite, main) {
  if ($1 != "deb") return
  i = 2; key = "-"
  if ($2 ~ /^\[/) {
    for (; i <= NF; i++) {
      if (match($i, /signed-by=[^] ]+/)) key = substr($i, RSTART + 10, RLENGTH - 10)
      if ($i ~ /\]$/) { i++; break }
    }
  }
  uri = $i; suite = $(i + 1); main = 0
  for (i += 2; i <= NF; i++) if ($i == "main") main = 1
  if (main) print uri, suite, key
}

FNR == 1 { if (stanzas) flush_stanza(); stanzas = FILENAME ~ /\.sources$/; last = ""; keyring = "-" }
{ sub(/\r$/, "") }
/^[ \t]*#/ { next }
!stanzas { sub(/#.*/, ""); one_line(); next }
/^[ \t]*$/ { flush_stanza(); last = ""; next }
/^[ \t]/ {
  more = $0; gsub(/[ \t]+/, " ", more)
  if (last == "uris") stanza_uris = stanza_uris more
  if (last == "suites") stanza_suites = stanza_suites more
  if (last == "components") components = components more
  next
}
{
  last = tolower($0); sub(/:.*/, "", last)
  if (last == "types") types = field_value($0)
  if (last == "components") components = field_value($0)
  if (last == "enabled") enabled = tolower(field_value($0))
  if (last == "uris") stanza_uris = field_value($0)
  if (last == "suites") stanza_suites = field_value($0)
  if (last == "signed-by" && $0 ~ /:[ \t]*\//) keyring = field_value($0)
}
END { if (stanzas) flush_stanza() }
