// Where the code of operators comes from: stored modules, those of earlier generations, and what converts state between them.
#include <fmt/format.h>

#include "runtime/node/directory_format.hpp"
#include "runtime/node/node.hpp"

namespace weir::runtime {

/// Where a module changes on disk while the node runs, the node must not: it loads a copy, named by its content.
result<operator_code> node::keep(const std::string& artifact, const std::string& class_name) const {
  operator_code code{.artifact = artifact, .stored = artifact, .class_name = class_name};
  if (around_.keeper == nullptr) return code;
  if (auto fits = operator_module::check_file(artifact, artifact); !fits) return fits.why();
  auto stored = around_.keeper->keep(artifact);
  if (!stored) return stored.why();
  code.stored = std::move(stored).value();
  const std::string path = entry_of(code).artifact;
  if (!modules_.has(path) && modules_.size() >= options_.modules_max)
    return error{error_code::refused,
                 fmt::format("{}: {} modules are loaded already, and a node keeps what it has loaded; restart it (its topologies come back "
                             "and only the modules in use are loaded), then try again",
                             artifact, modules_.size())};
  if (auto loaded = modules_.load(path, artifact); !loaded) return loaded.why();
  return code;
}

/// At the start, when no command can be about to use one.
void node::drop_unused_modules() {
  if (around_.keeper == nullptr) return;
  std::set<std::string> needed;
  for (const auto& [key, e] : directory_.entries()) {
    needed.insert(e.code.stored);
    for (const auto& [generation, code] : e.former) needed.insert(code.stored);
  }
  if (auto done = around_.keeper->drop_others(needed); !done) say(WEIR_LEVEL_WARNING, "modules that nobody needs stay: " + done.why().message);
}

topology::operator_entry node::entry_of(const operator_code& code) const {
  topology::operator_entry e;
  if (code.standard) {
    e.uses = code.artifact;
    return e;
  }
  const std::string& path = code.loaded();
  e.artifact = path.starts_with('/') ? path : options_.journal.directory + "/" + path;
  e.class_name = code.class_name;
  return e;
}

/// Of the code it is to run, runs and ran, as far as that can still be loaded.
conversions node::conversions_of(const std::string& key, const codes& others) const {
  conversions all;
  const auto add = [&](const operator_code& code) {
    if (const auto info = modules_.find(entry_of(code))) all.add(**info);
  };
  if (const auto other = others.find(key); other != others.end()) add(other->second);
  const auto there = directory_.entries().find(key);
  if (there == directory_.entries().end()) return all;
  add(there->second.code);
  for (auto former = there->second.former.rbegin(); former != there->second.former.rend(); ++former) add(former->second);
  return all;
}

directory_surroundings node::surroundings(codes others) const {
  directory_surroundings around;
  around.holds = [this](std::uint64_t log, std::uint16_t state) { return state_holds(log, state); };
  around.newest = [this](std::uint64_t log) { return journal_->last_lsn(log); };
  around.converts = [this, others](const std::string& key, const std::string& state, const state_form& from, const state_form& into) {
    return conversions_of(key, others).find(state, from, into) != nullptr;
  };
  around.codes = std::move(others);
  return around;
}

/// As a plan names it, where nothing was stored.
node::codes node::codes_of(const topology::plan& p) {
  codes all;
  for (const topology::planned_operator& op : p.operators) all.emplace(op.key(), code_as_planned(op));
  return all;
}

}  // namespace weir::runtime
