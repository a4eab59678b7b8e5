// Every refusal of a manifest's form, word for word and with its place.
#include <catch2/catch.hpp>

#include "manifests.hpp"

namespace weir::topology::test {

TEST_CASE("what is no manifest at all is refused", "[topology][manifest][refusal]") {
  CHECK(refusal("") == "m.yaml:1:1: the manifest is empty; it begins with 'manifest: 1'");
  CHECK(refusal("\xef\xbb\xbf") == "m.yaml:1:1: the manifest is empty; it begins with 'manifest: 1'");
  CHECK(refusal("# nothing\n") == "m.yaml:1:1: the manifest is empty; it begins with 'manifest: 1'");
  CHECK(refusal("hello\n") == "m.yaml:1:1: a manifest is a map that begins with 'manifest: 1'; this is a text");
  CHECK(refusal("- manifest: 1\n") == "m.yaml:1:1: a manifest is a map that begins with 'manifest: 1'; this is a list");
}

TEST_CASE("text that yaml-cpp would misread is refused at its place", "[topology][manifest][refusal]") {
  CHECK(refusal("manifest: 1\ntopology: \xff\n") == "m.yaml:2:11: not UTF-8; save the manifest as UTF-8");
  CHECK(refusal(std::string("m\0: 1", 5)) == "m.yaml:1:2: control character 0x00; a manifest is text, remove it");
  CHECK(refusal("manifest: 1\n# \x04 ends yaml-cpp's input\n") == "m.yaml:2:3: control character 0x04; a manifest is text, remove it");
  CHECK(refusal("manifest: 1\rtopology: a\n") == "m.yaml:1:12: control character 0x0d; a manifest is text, remove it");
  CHECK(refusal("manifest: \"a\\0b\"\n") == "m.yaml:1:11: a text holds the character NUL; remove it");
}

TEST_CASE("bad YAML is refused in one line with its place and a remedy", "[topology][manifest][refusal]") {
  CHECK(refusal("manifest: 1\ntopology: t\noperators:\n\t- name: a\n") == "m.yaml:4:2: not valid YAML: illegal block entry; indent with spaces, not with tabs");
  CHECK(refusal("a: [1, 2\n") == "m.yaml:2:1: not valid YAML: end of sequence flow not found; check indentation, quotes and brackets");
  CHECK(refusal(with_lines("    with: {path: ${INPUT:-a}}\n")) ==
        "m.yaml:6:19: not valid YAML: end of map flow not found; inside of { } and [ ] put ${...} in quotes: \"${NAME:-default}\"");
  CHECK(refusal(with_lines("    with: {path: \"${INPUT:-a}\", x: @}\n")) ==
        "m.yaml:6:36: not valid YAML: unknown token; check indentation, quotes and brackets");
  CHECK(refusal("a: *b\n") == "m.yaml:1:4: not valid YAML: the referenced anchor is not defined; check indentation, quotes and brackets");
  CHECK(refusal("a: &a [*a]\n") == "m.yaml:1:8: an alias stands inside of what it stands for; write it out");
  CHECK(refusal("manifest: !!int 1\n") == "m.yaml:1:11: the tag 'tag:yaml.org,2002:int' has no meaning in a manifest; remove it");
  CHECK(refusal("? [a, b]\n: 1\n") == "m.yaml:1:3: a key is a list; expected a name");
  CHECK(refusal(with_lines("---\nmanifest: 1\n")) == "m.yaml:7:1: a second document begins here; write one topology a file and pass several files");
}

TEST_CASE("too much of anything is refused", "[topology][manifest][refusal]") {
  CHECK(refusal(std::string(manifest_bytes_max + 1, ' ')) == "m.yaml:1:1: the manifest has more than 1048576 bytes; split it into several");
  CHECK(refusal(std::string(33, '[') + std::string(33, ']')) == "m.yaml:1:33: lists and maps stand more than 32 deep within each other; flatten them");
  CHECK(refusal("[" + std::string(200000, ',')).ends_with(": the manifest holds more than 100000 values; split it"));
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i ? ", *" : "*") + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  CHECK(refusal(bomb) == "m.yaml:5:36: the manifest holds more than 100000 values or 4194304 bytes with its aliases; split it");
}

TEST_CASE("the version of a manifest is required and known", "[topology][manifest][refusal]") {
  CHECK(refusal("topology: t\n") == "m.yaml:1:1: 'manifest' is missing; the file begins with 'manifest: 1'");
  CHECK(refusal("manifest: 2\nnews: 1\n") == "m.yaml:1:11: manifest version '2' is not known; expected 'manifest: 1'");
  CHECK(refusal("manifest: [1]\n") == "m.yaml:1:11: 'manifest' is a list; expected a text");
  CHECK(refusal("manifest:\n") == "m.yaml:1:1: 'manifest' is nothing; expected a text");
}

TEST_CASE("unknown keys are refused with the nearest known one", "[topology][manifest][refusal]") {
  CHECK(refusal("manifest: 1\ntopolgy: t\n") == "m.yaml:2:1: unknown key 'topolgy' of a manifest; did you mean 'topology'?");
  CHECK(refusal("manifest: 1\nx-notes: t\n") == "m.yaml:2:1: unknown key 'x-notes' of a manifest; expected one of manifest, topology, operators, streams");
  CHECK(refusal(with_lines("    paralelism: 2\n")) == "m.yaml:6:5: unknown key 'paralelism' of an operator; did you mean 'parallelism'?");
  CHECK(refusal(with_lines("    istreams: {a: {strem: b}}\n")) == "m.yaml:6:20: unknown key 'strem' of an istream; did you mean 'stream'?");
  CHECK(refusal(with_streams("  a: {retian: 1h}\n")) == "m.yaml:7:7: unknown key 'retian' of a stream; did you mean 'retain'?");
}

TEST_CASE("keys written twice are refused wherever they are", "[topology][manifest][refusal]") {
  CHECK(refusal("manifest: 1\ntopology: t\nmanifest: 1\n") == "m.yaml:3:1: key 'manifest' is written twice, first in line 1; keep one");
  CHECK(refusal(with_lines("    with: {a: 1, b: 2, a: 3}\n")) == "m.yaml:6:24: key 'a' is written twice, first in line 6; keep one");
  CHECK(refusal(with_lines("    with:\n      a: 1\n      ${X}: 2\n"), {{"X", "a"}}) == "m.yaml:8:7: key 'a' is written twice, first in line 7; keep one");
  CHECK(refusal(with_streams("  s: {retain: 1h}\n  s: {retain: 2h}\n")) == "m.yaml:8:3: key 's' is written twice, first in line 7; keep one");
}

TEST_CASE("keys that are not built yet are refused, never ignored", "[topology][manifest][refusal]") {
  CHECK(refusal(with_lines("    istreams: {a: {stream: b, on_lag: detach}}\n")) == "m.yaml:6:31: key 'on_lag' of an istream is not built yet; remove it");
  CHECK(refusal(with_lines("    istreams: {a: {stream: b, on_lag: detach}}\n")) == "m.yaml:6:31: key 'on_lag' of an istream is not built yet; remove it");
  CHECK(refusal(with_streams("  s: {lag_bytes_max: 1GiB}\n")) == "m.yaml:7:7: key 'lag_bytes_max' of a stream is not built yet; remove it");
  CHECK(refusal(with_lines("    with: {password: {secret: file:/run/p}}\n")) ==
        "m.yaml:6:23: a 'secret' for config key 'password' of operator 'a' is not built yet; write a text");
}

TEST_CASE("a topology needs a name and operators", "[topology][manifest][refusal]") {
  CHECK(refusal("manifest: 1\n") == "m.yaml:1:1: 'topology' is missing; name the topology");
  CHECK(refusal("manifest: 1\ntopology: t\n") == "m.yaml:1:1: 'operators' is missing; list the topology's operators");
  CHECK(refusal("manifest: 1\ntopology: t\noperators:\n") == "m.yaml:3:1: 'operators' is nothing; expected a list");
  CHECK(refusal("manifest: 1\ntopology: t\noperators: []\n") ==
        "m.yaml:3:12: 'operators' is an empty list; a topology has at least one, or an external stream");
  CHECK(refusal("manifest: 1\ntopology: t\noperators: {a: 1}\n") == "m.yaml:3:12: 'operators' is a map; expected a list");
  CHECK(refusal("manifest: 1\ntopology: t\noperators: [a]\n") == "m.yaml:3:13: an operator is a text; expected a map with 'name'");
  CHECK(refusal("manifest: 1\ntopology: t\noperators: [{uses: b}]\n") == "m.yaml:3:13: an operator has no 'name'; its log and state belong to its name");
  CHECK(refusal("manifest: 1\ntopology: t\noperators:\n  - name:\n    uses: b\n") == "m.yaml:4:5: an operator's name is nothing; expected a text");
  CHECK(refusal(with_lines("  - name: a\n    uses: b\n")) == "m.yaml:6:11: operator 'a' is written twice, first in line 4; rename one");
}

TEST_CASE("names that a path, URL or metric could not bear are refused", "[topology][manifest][refusal]") {
  CHECK(refusal("manifest: 1\ntopology: a/b\n") == "m.yaml:2:11: a topology's name cannot be 'a/b': only letters, digits, '-', '_' and '.' are allowed");
  CHECK(refusal("manifest: 1\ntopology: .a\n") == "m.yaml:2:11: a topology's name cannot be '.a': it must begin with a letter, a digit or '_'");
  CHECK(refusal("manifest: 1\ntopology: \"\"\n") == "m.yaml:2:11: a topology's name cannot be '': it is empty");
  CHECK(refusal("manifest: 1\ntopology: " + std::string(101, 'a') + "\n") ==
        "m.yaml:2:11: a topology's name cannot be '" + std::string(80, 'a') + "...': it is 101 bytes long, at most 100 are allowed");
  CHECK(refusal("manifest: 1\ntopology: t\noperators:\n  - {name: a b, uses: c}\n") ==
        "m.yaml:4:12: an operator's name cannot be 'a b': only letters, digits, '-', '_' and '.' are allowed");
  CHECK(refusal(with_lines("    ostreams: {out: \"a\\nb\"}\n")) ==
        "m.yaml:6:21: the stream of 'out' in 'ostreams' of operator 'a' cannot be 'a?b': only letters, digits, '-', '_' and '.' are allowed");
  CHECK(refusal(with_lines("    istreams: [-]\n")).starts_with("m.yaml:6:"));
  CHECK(refusal(with_lines("    istreams: [-x]\n")) ==
        "m.yaml:6:16: a name in 'istreams' of operator 'a' cannot be '-x': it must begin with a letter, a digit or '_'");
  CHECK(refusal(with_streams("  a b: {retain: 1h}\n")) == "m.yaml:7:3: a stream's name cannot be 'a b': only letters, digits, '-', '_' and '.' are allowed");
  CHECK(refusal("manifest: 1\ntopology: Caf\xc3\xa9\n") ==
        "m.yaml:2:11: a topology's name cannot be 'Caf\xc3\xa9': only letters, digits, '-', '_' and '.' are allowed");
}

TEST_CASE("an operator says once where its code is", "[topology][manifest][refusal]") {
  std::string head = "manifest: 1\ntopology: t\noperators:\n  - name: a\n";
  CHECK(refusal(head) == "m.yaml:4:5: operator 'a' has no code; add 'artifact' (a module's path) or 'uses' (a standard operator)");
  CHECK(refusal(head + "    artifact: a.so\n    uses: b\n") == "m.yaml:6:5: operator 'a' has both 'artifact' and 'uses'; keep one");
  CHECK(refusal(with_lines("    class: b\n")) == "m.yaml:6:5: 'class' of operator 'a' goes with 'artifact'; 'uses' names the operator already");
  CHECK(refusal(head + "    artifact: \"\"\n") == "m.yaml:5:15: 'artifact' of operator 'a' is empty; write a text");
  CHECK(refusal(head + "    artifact: [a.so]\n") == "m.yaml:5:15: 'artifact' of operator 'a' is a list; expected a text");
  CHECK(refusal(head + "    artifact: a.so\n    class: " + std::string(256, 'x') + "\n") == "m.yaml:6:12: 'class' of operator 'a' is longer than 255 bytes");
}

TEST_CASE("numbers and words out of range are refused", "[topology][manifest][refusal]") {
  std::string expected = "; expected a whole number from 1 to 4096";
  CHECK(refusal(with_lines("    parallelism: 0\n")) == "m.yaml:6:18: 'parallelism' of operator 'a' is '0'" + expected);
  CHECK(refusal(with_lines("    parallelism: 4097\n")) == "m.yaml:6:18: 'parallelism' of operator 'a' is '4097'" + expected);
  CHECK(refusal(with_lines("    parallelism: 1.5\n")) == "m.yaml:6:18: 'parallelism' of operator 'a' is '1.5'" + expected);
  CHECK(refusal(with_lines("    parallelism: -1\n")) == "m.yaml:6:18: 'parallelism' of operator 'a' is '-1'" + expected);
  CHECK(refusal(with_lines("    parallelism: 0x2\n")) == "m.yaml:6:18: 'parallelism' of operator 'a' is '0x2'" + expected);
  CHECK(refusal(with_lines("    parallelism: 4096\n")) == "accepted");
  CHECK(refusal(with_lines("    parallelism:\n")) == "m.yaml:6:5: 'parallelism' of operator 'a' is nothing; expected a text");
  CHECK(refusal(with_lines("    on_error: skp\n")) ==
        "m.yaml:6:15: 'on_error' of operator 'a' is 'skp'; expected fail, skip, dead_letter; did you mean 'skip'?");
  CHECK(refusal(with_lines("    pin: 0\n")) == "m.yaml:6:10: 'pin' of operator 'a' is a text; expected a list");
  CHECK(refusal(with_lines("    pin: []\n")) == "m.yaml:6:10: 'pin' of operator 'a' is an empty list; name CPUs or remove it");
  CHECK(refusal(with_lines("    pin: [0, 1024]\n")) == "m.yaml:6:14: a CPU in 'pin' of operator 'a' is '1024'; expected a whole number from 0 to 1023");
}

TEST_CASE("streams of an operator have one of the known forms", "[topology][manifest][refusal]") {
  CHECK(refusal(with_lines("    istreams: words\n")) == "m.yaml:6:15: 'istreams' of operator 'a' is a text; expected a list or a map of streams");
  CHECK(refusal(with_lines("    istreams: [a, b, a]\n")) == "m.yaml:6:22: 'istreams' of operator 'a' names 'a' twice; keep one");
  CHECK(refusal(with_lines("    istreams: [{a: b}]\n")) == "m.yaml:6:16: a name in 'istreams' of operator 'a' is a map; expected a text");
  CHECK(refusal(with_lines("    istreams: {a: [b]}\n")) == "m.yaml:6:19: the stream of 'a' in 'istreams' of operator 'a' is a list; expected a text");
  CHECK(refusal(with_lines("    istreams: {a: }\n")) == "m.yaml:6:16: the stream of 'a' in 'istreams' of operator 'a' is nothing; expected a text");
  CHECK(refusal(with_lines("    istreams: {a: {}}\n")) == "m.yaml:6:19: the stream of 'a' in 'istreams' of operator 'a' has no 'stream'; name the stream");
  CHECK(refusal(with_lines("    ostreams: {a: {stream: b}}\n")) == "m.yaml:6:19: the stream of 'a' in 'ostreams' of operator 'a' is a map; expected a text");
}

TEST_CASE("config is texts and lists of texts", "[topology][manifest][refusal]") {
  CHECK(refusal(with_lines("    with: [a]\n")) == "m.yaml:6:11: 'with' of operator 'a' is a list; expected a map");
  CHECK(refusal(with_lines("    with: {x: {y: 1}}\n")) == "m.yaml:6:15: config key 'x' of operator 'a' is a map; expected a text or a list of texts");
  CHECK(refusal(with_lines("    with: {x: [[1]]}\n")) == "m.yaml:6:16: config key 'x' of operator 'a' is a list that holds a list; expected texts only");
  CHECK(refusal(with_lines("    with: {x: }\n")) == "m.yaml:6:12: config key 'x' of operator 'a' has no value; write \"\" for an empty text, or remove it");
  CHECK(refusal(with_lines("    with: {x: null}\n")) == "m.yaml:6:12: config key 'x' of operator 'a' has no value; write \"\" for an empty text, or remove it");
  CHECK(refusal(with_lines("    with: {\"\": 1}\n")) == "m.yaml:6:12: 'with' of operator 'a' holds an empty key; name it");
}

TEST_CASE("settings of streams are checked", "[topology][manifest][refusal]") {
  std::string expected = "; expected a whole number with ns, us, ms, s, min, h or d, such as 90s";
  CHECK(refusal(with_lines("streams: [s]\n")) == "m.yaml:6:10: 'streams' is a list; expected a map");
  CHECK(refusal(with_streams("  s: 24h\n")) == "m.yaml:7:6: stream 's' is a text; expected a map");
  CHECK(refusal(with_streams("  s: {retain: 24}\n")) == "m.yaml:7:15: 'retain' of stream 's' is '24'" + expected);
  CHECK(refusal(with_streams("  s: {retain: 1.5h}\n")) == "m.yaml:7:15: 'retain' of stream 's' is '1.5h'" + expected);
  CHECK(refusal(with_streams("  s: {retain: 200000d}\n")) == "m.yaml:7:15: 'retain' of stream 's' is '200000d'" + expected);
  CHECK(refusal(with_streams("  s: {compress: gzip}\n")) == "m.yaml:7:17: 'compress' of stream 's' is 'gzip'; expected none, lz4");
}

}  // namespace weir::topology::test
