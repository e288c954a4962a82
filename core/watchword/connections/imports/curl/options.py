"""The options of curl that are known, by what they mean here."""

from __future__ import annotations

from collections.abc import Mapping

VALUES: Mapping[str, str] = {
    "header": "-H --header",
    "user": "-u --user",
    "cookie": "-b --cookie",
    "bearer": "--oauth2-bearer",
    "aws": "--aws-sigv4",
    "proxy": "-x --proxy",
    "proxy_user": "-U --proxy-user",
    "method": "-X --request",
    "url": "--url",
    "query": "--url-query",
    "data": "-d --data --data-raw --data-binary --data-ascii",
    "encoded": "--data-urlencode",
    "json": "--json",
    "form": "-F --form --form-string",
    "ca_bundle": "--cacert",
    "certificate": "-E --cert",
    "key": "--key",
    "passphrase": "--pass",
    "config": "-K --config",
    "socks": "--socks4 --socks4a --socks5 --socks5-hostname --preproxy",
    "socket": "--unix-socket --abstract-unix-socket",
    "netrc_file": "--netrc-file",
    "other": "-A --user-agent -e --referer -o --output --output-dir -m --max-time -w --write-out --retry "
    "--retry-delay --retry-max-time --connect-timeout --max-redirs --max-filesize --limit-rate --rate "
    "-Y --speed-limit -y --speed-time --keepalive-time --expect100-timeout --happy-eyeballs-timeout-ms "
    "--resolve --connect-to --interface --local-port --dns-servers --doh-url --noproxy --ciphers "
    "--tls13-ciphers --curves --tls-max --proto --proto-default --proto-redir --cert-type --key-type "
    "--capath --crlfile --pinnedpubkey -D --dump-header -c --cookie-jar --trace --trace-ascii --stderr "
    "-r --range -z --time-cond -T --upload-file -C --continue-at --request-target --parallel-max "
    "--hsts --alt-svc --etag-save --etag-compare --create-file-mode --proxy-header --proxy-cacert",
}
"""Options with a value."""

FLAGS: Mapping[str, str] = {
    "digest": "--digest",
    "insecure": "-k --insecure",
    "get": "-G --get",
    "netrc": "-n --netrc --netrc-optional",
    "ntlm": "--ntlm --ntlm-wb",
    "negotiate": "--negotiate",
    "quiet": "-s -S -L -i -v -f -g -I -N -O -J -R -q -Z -0 -1 -2 -3 -4 -6 -# -a -j -l --silent --show-error "
    "--location --location-trusted --include --show-headers --verbose --fail --fail-with-body --fail-early "
    "--globoff --head --compressed --basic --anyauth --no-buffer --buffer --progress-bar "
    "--no-progress-meter --progress-meter --remote-name --remote-name-all --remote-header-name --remote-time "
    "--create-dirs --disable --parallel --retry-all-errors --retry-connrefused --path-as-is --raw "
    "--tr-encoding --post301 --post302 --post303 --ipv4 --ipv6 --http0.9 --http1.0 --http1.1 --http2 "
    "--http2-prior-knowledge --http3 --http3-only --tlsv1 --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3 --sslv2 "
    "--sslv3 --ssl --ssl-reqd --ssl-no-revoke --ssl-revoke-best-effort --ssl-allow-beast --cert-status "
    "--false-start --alpn --no-alpn --no-npn --sessionid --no-sessionid --keepalive --no-keepalive "
    "--tcp-nodelay --tcp-fastopen --styled-output --no-styled-output --crlf --append --list-only "
    "--junk-session-cookies --proxy-basic --proxy-digest --proxy-anyauth --proxy-insecure -p --proxytunnel "
    "--disallow-username-in-url --ca-native --native --xattr --remove-on-error --no-clobber --clobber "
    "--trace-time --trace-ids --ignore-content-length --suppress-connect-headers --compressed-ssh",
}
"""Options without a value."""

NOT_OFFERED: Mapping[str, str] = {
    "netrc": "The option --netrc was left out: its login is in a file of this machine, give it with -u.",
    "netrc_file": "The option --netrc-file was left out: its login is in that file, give it with -u.",
    "config": "The option --config was left out: add what its file holds.",
    "socks": "A SOCKS proxy was left out: set it as proxy.",
    "socket": "The option --unix-socket was left out: it isn't offered.",
    "ntlm": "The option --ntlm was left out: it isn't offered.",
    "negotiate": "The option --negotiate was left out: it isn't offered.",
}
"""Options that change what is sent and are left out, with the remark that says so."""
