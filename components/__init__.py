"""The pipeline's components: TFX artifacts in, a typed call of seg_models, TFX artifacts out."""
