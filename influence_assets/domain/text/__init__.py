"""What a text says besides its vector: language, sentiment, style, topics. Frames and arrays in and
out; models that read a text are in `encoders`."""
