// The weir SDK: write stream processing operators as C++20 classes.
//
//   class word_count final : public weir::stream_operator {
//    public:
//     weir::metadata metadata() const override {
//       return {.name = "word-count", .version = "1",
//               .istreams = {{"words", weir::grouping::group_by}}, .ostreams = {"counts"},
//               .states = {weir::keyed<std::uint64_t>("count")}};
//     }
//     void initialize(weir::context& ctx) override {
//       count_ = ctx.state<std::uint64_t>("count");
//       counts_ = ctx.ostream("counts");
//     }
//     void process_record(weir::context&, const weir::record& word) override { counts_.produce(word.key, ++count_[word.key]); }
//
//    private:
//     weir::keyed_state<std::uint64_t> count_;
//     weir::ostream counts_;
//   };
//   WEIR_EXPORT_OPERATOR(word_count)
//
// Header-only over the C ABI of <weir/abi.h>; needs only the standard library. Beside it: <weir/file.hpp> for operators that read or write files,
// <weir/flatbuffers.hpp> for FlatBuffers tables as values and state, <weir/test_driver.hpp> for unit tests of operators.
#pragma once

#include <weir/abi.h>           // the line between module and node
#include <weir/config.hpp>      // config: what stands under `with:`
#include <weir/context.hpp>     // context: what a hook can ask and do; counter, gauge, start, level
#include <weir/error.hpp>       // retry_later, host_error, usage_error, config_error
#include <weir/export.hpp>      // WEIR_EXPORT_OPERATOR
#include <weir/key.hpp>         // record_key
#include <weir/metadata.hpp>    // metadata, istream, grouping, delivery, config_key
#include <weir/operator.hpp>    // stream_operator, poll_result
#include <weir/ostream.hpp>     // ostream
#include <weir/record.hpp>      // record, timer, position
#include <weir/state.hpp>       // keyed_state, partition_state
#include <weir/state_spec.hpp>  // keyed, per_partition
#include <weir/state_type.hpp>  // bytes, storable, bytes_of, subkey
#include <weir/time.hpp>        // event_time, processing_time, timer_kind
#include <weir/waker.hpp>       // waker
