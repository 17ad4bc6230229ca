"""The events of a session in the log; each line also has `session_id` and `pipeline_id`."""

CONNECT = "connect"
READY = "pipeline_ready"  # duration_ms: how long the pipeline took to open
DISCONNECT = "disconnect"  # close_code, frames, processed_frames, dropped_frames, duration_ms
FRAME_PROCESSED = "frame_processed"  # at debug: frame_index, duration_ms
FRAME_DROPPED = "frame_dropped"  # frame_index, dropped_frames; at info once a second, the others at debug
SLOW_DOWN = "slow_down"  # suggested_fps, drop_rate
SESSION_ERROR = "session_error"  # code, detail, frame_index: refused or ended, by no fault of ours
PIPELINE_ERROR = "pipeline_error"  # code, detail, frame_index, and the traceback
INTERNAL_ERROR = "internal_error"  # the traceback of a fault of our own
